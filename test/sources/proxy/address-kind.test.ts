import { describe, expect, it } from 'vitest';
import { addressKind, isNearer, type AddressKind } from '../../../src/sources/proxy/address-kind.ts';

const ADDRESSES: Record<AddressKind, readonly string[]> = {
  public: [
    ...['1.1.1.1', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255', '128.0.0.0'],
    ...['169.253.255.255', '169.255.0.0', '172.15.255.255', '172.32.0.0', '192.167.255.255', '192.169.0.0'],
    ...['198.17.255.255', '198.20.0.0', '223.255.255.255', '2606:4700::1111', '2a00::1', '::ffff:8.8.8.8'],
    ...['64:ff9b::8.8.8.8', '64:ff9b::808:808', '::8.8.8.8'],
  ],
  private: [
    ...['10.0.0.0', '10.255.255.255', '100.64.0.0', '100.127.255.255', '172.16.0.0', '172.31.255.255', '192.168.0.1'],
    ...['192.0.0.8', '198.18.0.1', '198.19.255.255', '224.0.0.1', '239.1.2.3', '240.0.0.1', '255.255.255.255'],
    ...['fc00::1', 'fd12:3456::1', 'fdff::', 'fec0::1', 'ff02::1', '2002:7f00:1::', '2001:0:1::', '64:ff9b:1::1'],
    ...['::ffff:10.0.0.1', '::ffff:a00:1', '64:ff9b::10.0.0.1', '::192.168.1.1', '[fd00::1]'],
  ],
  'link-local': [
    '169.254.0.0',
    '169.254.169.254',
    '169.254.255.255',
    'fe80::1',
    'fe80::1%eth0',
    'febf::1',
    '::ffff:169.254.169.254',
  ],
  loopback: [
    ...['127.0.0.1', '127.255.255.255', '0.0.0.0', '0.1.2.3', '::', '::1', '[::1]', '0:0:0:0:0:0:0:1'],
    ...[
      '::ffff:127.0.0.1',
      '::ffff:7f00:1',
      '0:0:0:0:0:ffff:7f00:0001',
      '::ffff:0.0.0.0',
      '64:ff9b::127.0.0.1',
      '64:ff9b::5',
      '::127.0.0.1',
    ],
    // What is no address is trusted least.
    ...['', 'localhost', '1.2.3', '1.2.3.4.5', 'example.org', '[', '::g'],
  ],
};

describe.each(Object.entries(ADDRESSES) as [AddressKind, readonly string[]][])('%s', (kind, addresses) => {
  it.each(addresses)('%o', (address) => {
    expect(addressKind(address)).toBe(kind);
  });
});

it.each([
  ['http://0x7f000001/', 'loopback'],
  ['http://2130706433/', 'loopback'],
  ['http://0177.1/', 'loopback'],
  ['http://127.1/', 'loopback'],
  ['http://0/', 'loopback'],
  ['http://0xa9fea9fe/', 'link-local'],
  ['http://[0:0:0:0:0:ffff:127.0.0.1]/', 'loopback'],
  ['http://012.0.0.1/', 'private'],
] as const)('%s, as URLs write it, is %s', (url, kind) => {
  expect(addressKind(new URL(url).hostname)).toBe(kind);
});

it('orders the kinds', () => {
  const kinds = Object.keys(ADDRESSES) as AddressKind[];
  for (const [i, to] of kinds.entries()) {
    for (const [j, from] of kinds.entries()) expect(isNearer(to, from)).toBe(i > j);
  }
});

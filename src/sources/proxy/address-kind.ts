import { BlockList, isIP } from 'node:net';

/** Kinds of addresses, each nearer to this machine than the one before. */
const KINDS = ['public', 'private', 'link-local', 'loopback'] as const;

/** What an address leads to: the internet, a private network, what is on the same cable (and a cloud's metadata), this machine. */
export type AddressKind = (typeof KINDS)[number];

/** All networks that are not public: RFC 6890 and its registry. */
const NETWORKS: Record<Exclude<AddressKind, 'public'>, readonly string[]> = {
  loopback: ['0.0.0.0/8', '127.0.0.0/8', '::/127'],
  'link-local': ['169.254.0.0/16', 'fe80::/10'],
  private: [
    ...['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7', 'fec0::/10'],
    // For tests of networks, protocols, groups of receivers, and the future.
    ...['192.0.0.0/24', '198.18.0.0/15', '224.0.0.0/4', '240.0.0.0/4', 'ff00::/8'],
    // Tunnels, of which the address at the other end is in the address.
    ...['2002::/16', '2001::/32', '64:ff9b:1::/48'],
  ],
};

const LISTS = (['loopback', 'link-local', 'private'] as const).map((kind) => ({ kind, list: listOf(NETWORKS[kind]) }));

/** The kind of an IP address; of what is none, the nearest one. */
export function addressKind(address: string): AddressKind {
  const [bare = ''] = address.replace(/^\[|\]$/g, '').split('%');
  const family = isIP(bare);
  if (family === 0) return 'loopback';
  const within = family === 6 ? ipv4Within(bare) : undefined;
  const [tested, name] = within === undefined ? [bare, family === 6 ? 'ipv6' : 'ipv4'] : [within, 'ipv4'];
  return LISTS.find(({ list }) => list.check(tested, name as 'ipv4' | 'ipv6'))?.kind ?? 'public';
}

/** Whether an address of the kind `to` is nearer to this machine than one of the kind `from`. */
export function isNearer(to: AddressKind, from: AddressKind): boolean {
  return KINDS.indexOf(to) > KINDS.indexOf(from);
}

/** The IPv4 address that an IPv6 address stands for: `::ffff:7f00:1`, `::7f00:1`, and those of NAT64. */
function ipv4Within(address: string): string | undefined {
  // In the one way to write it.
  const { hostname } = new URL(`http://[${address}]`);
  const [, high = '', low = ''] =
    /^\[(?:::ffff:|::|64:ff9b::)(?:([\da-f]{1,4}):)?([\da-f]{1,4})\]$/.exec(hostname) ?? [];
  if (low === '') return undefined;
  const [upper, lower] = [Number.parseInt(high || '0', 16), Number.parseInt(low, 16)];
  return [upper >> 8, upper & 255, lower >> 8, lower & 255].join('.');
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    list.addSubnet(address, Number(bits), address.includes(':') ? 'ipv6' : 'ipv4');
  }
  return list;
}

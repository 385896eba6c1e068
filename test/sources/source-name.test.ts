import { describe, expect, it } from 'vitest';
import { ErrorLog } from '../../src/sources/ffmpeg/error-log.ts';
import { parseLocation } from '../../src/sources/ffmpeg/input.ts';
import { images } from '../../src/sources/images.ts';
import { namedSources, sourceName, withoutSecrets } from '../../src/sources/source-name.ts';
import { videoFile } from '../../src/sources/video-file.ts';

describe('sourceName', () => {
  it.each([
    ['clips/a.mp4', 'clips/a.mp4'],
    ['C:\\clips\\a@b.mp4', 'C:\\clips\\a@b.mp4'],
    ['http:x.mp4', 'http:x.mp4'],
    ['a:b@c.mp4', 'a:b@c.mp4'],
    ['https://host/a.mp4', 'https://host/a.mp4'],
    ['https://host/me@home/a.mp4?t=10&page=2#x', 'https://host/me@home/a.mp4?t=10&page=2#x'],
    ['http://bob:s3cret@host:81/a.mp4', 'http://***@host:81/a.mp4'],
    ['http://s3cret@host/a.mp4', 'http://***@host/a.mp4'],
    ['HTTPS://bob:p@s3cret@host/a.mp4', 'HTTPS://***@host/a.mp4'],
    ['http:/bob:s3cret@host/a.mp4', 'http:/***@host/a.mp4'],
    ['rtsp://admin:s3cret@camera/stream', 'rtsp://***@camera/stream'],
    ['http://bob:s3/cret@host/a.mp4', 'http://***'],
    ['https://host/a.mp4?token=s3cret', 'https://host/a.mp4?token=***'],
    ['https://host/a.mp4?x=1&Access_Token=s3cret&y=2', 'https://host/a.mp4?x=1&Access_Token=***&y=2'],
    ['https://host/a.mp4?sig=s3cret#token=s3cret', 'https://host/a.mp4?sig=***#token=***'],
    ['https://host/a.mp4?t%6Fken=s3cret', 'https://host/a.mp4?t%6Fken=***'],
    ['https://host/a.mp4?from=http%3A%2F%2Fbob%3As3cret%40h%2Fb', 'https://host/a.mp4?from=***'],
    ['https://host/a;jsessionid=s3cret?x=1', 'https://host/a;jsessionid=***'],
    [
      'https://b.s3.aws/a?X-Amz-Date=2026&X-Amz-Signature=s3cret',
      'https://b.s3.aws/a?X-Amz-Date=2026&X-Amz-Signature=***',
    ],
  ])('%s is %s', (where, name) => {
    expect(sourceName(where)).toBe(name);
  });

  it.each(['sig', 'signature', 'key', 'apikey', 'api_key', 'x-api-key', 'password', 'X-Goog-Signature', 'Key-Pair-Id'])(
    'takes the parameter %s for a secret',
    (parameter) => {
      expect(sourceName(`https://host/a?${parameter}=s3cret&n=1`)).toBe(`https://host/a?${parameter}=***&n=1`);
    },
  );

  it('finds the URLs in a text', () => {
    expect(withoutSecrets("[http] http://bob:s3cret@h/a: 401; 'https://h/b?token=s3cret'")).toBe(
      "[http] http://***@h/a: 401; 'https://h/b?token=***",
    );
    expect(withoutSecrets('no URL: a@b and c://')).toBe('no URL: a@b and c://');
  });

  it('takes time in proportion to the length of what it is given', () => {
    const long = `https://host/a?${'a=b&'.repeat(100_000)}token=s3cret${'@'.repeat(100_000)}`;
    expect(sourceName(long)).not.toContain('s3cret');
    expect(withoutSecrets(':'.repeat(200_000) + 'a'.repeat(200_000))).toHaveLength(400_000);
  });

  it('keeps sources apart that differ in their secrets only', () => {
    const named = namedSources(['http://h/a?token=1', 'http://h/a?token=2', 'b.mp4', 'http://h/a?token=1', 'b.mp4']);
    expect(named.map(({ name }) => name)).toEqual([
      'http://h/a?token=***',
      'http://h/a?token=***#2',
      'b.mp4',
      'http://h/a?token=***',
      'b.mp4',
    ]);
    expect(named[1]?.location).toBe('http://h/a?token=2');
  });
});

describe('messages about a source', () => {
  const messageOf = (act: () => unknown): string => {
    try {
      act();
    } catch (error) {
      return error instanceof Error ? `${error.message} ${String(error.cause)}` : '';
    }
    return '';
  };

  it.each([
    () => videoFile('rtsp://admin:s3cret@camera/stream'),
    () => videoFile('http://bob:s3/cret@host/a.mp4'),
    () => videoFile('http://bob:s3cret@ho st/a.mp4'),
    () => videoFile(new URL('ftp://bob:s3cret@host/a.mp4')),
    () => images(['ftp://bob:s3cret@host/a.jpg']),
    // @ts-expect-error one picture is not a list
    () => images(new URL('http://bob:s3cret@host/a.jpg')),
  ])('%#: an OptionError does not quote the password', (act) => {
    const message = messageOf(act);
    expect(message).not.toBe('');
    expect(message).not.toMatch(/s3|cret/);
  });

  it('still reads the URL with its password', () => {
    expect(parseLocation('http://bob:s3cret@host/a b.mp4?token=t')).toEqual({
      name: 'http://***@host/a b.mp4?token=***',
      url: 'http://bob:s3cret@host/a%20b.mp4?token=t',
    });
  });

  it('a URL that comes from ffmpeg in pieces is a URL', () => {
    const log = new ErrorLog();
    for (const piece of ['http://bob:s3c', `ret@host/${'x'.repeat(600)}?tok`, 'en=s3cret: 401\nhttp://u:s3cret@h']) {
      log.push(piece);
    }
    log.end();
    expect(log.lines.join('\n')).not.toMatch(/s3c|cret/);
    expect(log.count).toBe(2);
  });
});

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { decode } from '../../../src/sources/ffmpeg/decode.ts';
import { media } from '../../support/media.ts';
import { bytesOf } from '../input.ts';
import { Finding, type FuzzTarget } from '../target.ts';

const CLIP = '-f lavfi -i testsrc2=s=48x32:r=5:d=1';
const STILL = `${CLIP} -frames:v 1`;
const KINDS: Readonly<Record<string, string>> = {
  'a.mp4': `${CLIP} -pix_fmt yuv420p -c:v libx264 -g 2`,
  'a.mkv': `${CLIP} -pix_fmt yuv420p -c:v libx264`,
  'a.webm': `${CLIP} -c:v libvpx -b:v 50k`,
  'a.ts': `${CLIP} -pix_fmt yuv420p -c:v libx264`,
  'a.avi': `${CLIP} -c:v mpeg4`,
  'a.gif': CLIP,
  'a.png': `${STILL} -pix_fmt rgba`,
  'a.jpg': STILL,
  'a.webp': STILL,
  'a.tiff': STILL,
  'a.bmp': STILL,
  'a.ppm': STILL,
};
const FRAMES = 1000;

/** Videos and pictures on disk. */
export const videos: FuzzTarget = {
  seeds: () => Object.entries(KINDS).map(([name, args]) => ({ [name]: readFileSync(media(`fuzz-${name}`, args)) })),
  async read(input, { folder }) {
    const [name = ''] = Object.keys(input);
    const resize = { width: 16, height: 16 };
    let frames = 0;
    for await (const { data } of decode(path.join(folder, name), { resize, threads: 1 })) {
      if (data.data.length !== 16 * 16 * 3) throw new Finding(`a frame of ${data.data.length} bytes`);
      if (++frames > FRAMES) break;
    }
  },
};

/** Playlists and lists under the names of videos: none of them may be followed. */
export const playlists: FuzzTarget = {
  seeds(forbidden) {
    const other = media('fuzz-a.mp4', KINDS['a.mp4'] ?? '');
    return [
      { 'clip.m3u8': bytesOf(hls(other)) },
      { 'clip.m3u8': bytesOf(hls(`${forbidden}/a.ts`)) },
      { 'clip.txt': bytesOf(`ffconcat version 1.0\nfile '${other}'\nfile ${forbidden}/a.mp4\n`) },
      { 'clip.mpd': bytesOf(dash(other)) },
      { 'clip.mpd': bytesOf(dash(`${forbidden}/a.mp4`)) },
      {
        'clip.sdp': bytesOf(
          `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n`,
        ),
      },
      {
        'clip.m3u8': bytesOf('#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nother.m3u8\n'),
        'other.m3u8': bytesOf(hls(other)),
      },
    ];
  },
  async read(input, { folder }) {
    const [name = ''] = Object.keys(input);
    for await (const frame of decode(path.join(folder, name), { resize: { width: 16, height: 16 }, threads: 1 })) {
      throw new Finding(`a playlist gave a frame at ${frame.timestamp}`);
    }
  },
};

const hls = (segment: string): string =>
  `#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXTINF:1.0,\n${segment}\n#EXT-X-ENDLIST\n`;

const dash = (url: string): string => `<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT1S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011">
<Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1" codecs="avc1.64000a"><BaseURL>${url}</BaseURL></Representation></AdaptationSet></Period></MPD>
`;

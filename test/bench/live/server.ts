// A live stream over HTTP, in a process of its own: each connection gets 20 frames a second.
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { liveInput } from './live-input.ts';

const [size = '640x360', seconds = '20'] = process.argv.slice(2);
const INPUT = [...liveInput(size, Number(seconds)), '-pix_fmt', 'yuv420p'];
const OUTPUT = ['-c:v', 'mpeg2video', '-q:v', '5', '-g', '20', '-flush_packets', '1', '-f', 'mpegts', 'pipe:1'];

const server = createServer((_, response) => {
  const child = spawn('ffmpeg', [...INPUT, ...OUTPUT], { stdio: ['ignore', 'pipe', 'inherit'] });
  response.writeHead(200, { 'content-type': 'video/mp2t' });
  child.stdout.pipe(response);
  response.on('close', () => child.kill('SIGKILL'));
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());

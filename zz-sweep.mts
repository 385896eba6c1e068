import { decode } from './src/sources/ffmpeg/decode.ts';
import { all, media, oldFfmpeg } from './test/media.ts';
const SIX='-f lavfi -i testsrc2=s=64x48:r=10:d=6 -pix_fmt yuv420p';
const files = [media('open.mp4', `${SIX} -c:v libx264 -g 10 -bf 3 -x264-params open-gop=1`), media('open.mkv', `${SIX} -c:v libx264 -g 10 -bf 3 -x264-params open-gop=1`), media('hevcopen.mp4', `${SIX} -c:v libx265 -g 10 -bf 4 -x265-params open-gop=1:log-level=error`), media('hevcopen.mkv', `${SIX} -c:v libx265 -g 10 -bf 4 -x265-params open-gop=1:log-level=error`)];
for (const f of files) for (const ffmpeg of [oldFfmpeg, '/tmp/ff7/ffmpeg7']) {
  const o={ffmpeg, resize:{width:16,height:16}};
  const whole = await all(decode(f,o)); let bad:string[]=[];
  for (let k=0;k<60;k+=1) { const s=k/10+0.05*(k%2); const exp=whole.filter(a=>a.timestamp>=Math.round(s*1e6)); if(!exp.length) continue;
    const got=await all(decode(f,{...o,start:s,end:s+0.6})); const e2=exp.filter(a=>a.timestamp<Math.round((s+0.6)*1e6));
    if (got.length!==e2.length || got.some((g,i)=>g.timestamp!==e2[i]!.timestamp || Buffer.compare(g.data.data,e2[i]!.data.data))) bad.push(s.toFixed(2)); }
  console.log(f, ffmpeg.slice(-10), bad.length, bad.join(' '));
}

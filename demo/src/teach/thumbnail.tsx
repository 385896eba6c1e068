import { useEffect, useRef } from 'preact/hooks';
import { THUMBNAIL, type Example } from './messages.ts';

/** The small picture of an example. */
export function Thumbnail({ example }: { readonly example: Example }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const picture = new ImageData(example.thumbnail, THUMBNAIL, THUMBNAIL);
    canvas.current?.getContext('2d')?.putImageData(picture, 0, 0);
  }, [example]);
  return <canvas ref={canvas} width={THUMBNAIL} height={THUMBNAIL} aria-hidden="true" />;
}

import { useEffect, useRef } from 'preact/hooks';
import type { Observable } from 'rxjs';
import type { Pixels } from 'sluice';

/** The picture that is being labelled: the very frame, not another view of the camera. */
export function Picture({ picture }: { readonly picture: Observable<Pixels | undefined> }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const subscription = picture.subscribe((pixels) => {
      if (canvas.current && pixels) show(canvas.current, pixels);
    });
    return () => subscription.unsubscribe();
  }, [picture]);
  return (
    <canvas ref={canvas} class="picture" width={640} height={360} role="img" aria-label="The frame that is labelled" />
  );
}

function show(canvas: HTMLCanvasElement, { width, height, channels, data }: Pixels): void {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d');
  const image = context?.createImageData(width, height);
  if (!context || !image) return;
  if (channels === 4) image.data.set(data);
  else {
    for (let i = 0, o = 0; i < data.length; i += 3, o += 4) {
      image.data[o] = data[i] as number;
      image.data[o + 1] = data[i + 1] as number;
      image.data[o + 2] = data[i + 2] as number;
      image.data[o + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
}

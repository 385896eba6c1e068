import { ToneMap, type Hdr } from '../tone-map.ts';

/** The planes that {@link ToneMap} takes. */
export const DEEP = 'format=gbrp12le';

/** Where a picture lies between black bars. */
interface Layout {
  readonly width: number;
  readonly height: number;
  readonly place: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
}

/** Pictures as they leave ffmpeg: how many bytes one has, and what makes an rgb24 picture of them. */
export interface MappedPictures {
  readonly bytes: number;
  readonly finish: (bytes: Uint8Array) => Uint8Array;
}

/** How pictures of high dynamic range, which leave ffmpeg with 12 bits a sample and without bars, become rgb24 pictures. */
export function toneMapped(hdr: Hdr, { width, height, place }: Layout): MappedPictures {
  const map = new ToneMap(hdr);
  const samples = place.width * place.height * 3;
  const finish = (bytes: Uint8Array): Uint8Array => {
    const even = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
    const rgb = map.map(new Uint16Array(even.buffer, even.byteOffset, samples));
    if (place.width === width && place.height === height) return rgb;
    const picture = new Uint8Array(width * height * 3);
    for (let row = 0; row < place.height; row++) {
      const line = rgb.subarray(row * place.width * 3, (row + 1) * place.width * 3);
      picture.set(line, ((place.y + row) * width + place.x) * 3);
    }
    return picture;
  };
  return { bytes: samples * 2, finish };
}

/** The colours of feature maps, from the lowest value to the highest: from dark to bright, so that they work without colour vision. */
const STOPS = [
  [6, 20, 28],
  [10, 61, 84],
  [14, 122, 138],
  [96, 198, 178],
  [250, 248, 214],
] as const;

/** 256 colours, each as the four bytes of an RGBA pixel. */
export const HEAT: Uint32Array = Uint32Array.from({ length: 256 }, (_, i) => {
  const place = (i / 255) * (STOPS.length - 1);
  const [from, to] = [STOPS[Math.floor(place)], STOPS[Math.ceil(place)]] as const;
  const mix = (c: 0 | 1 | 2) => Math.round((from?.[c] ?? 0) + ((to?.[c] ?? 0) - (from?.[c] ?? 0)) * (place % 1));
  return (255 << 24) | (mix(2) << 16) | (mix(1) << 8) | mix(0);
});

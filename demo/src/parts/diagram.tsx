/** A drawing of the pipeline, shown before the first result: camera, gate, layers, label. */
export function Diagram() {
  return (
    <svg class="diagram" viewBox="0 0 640 150" aria-hidden="true">
      <path class="channel" d="M70 75h500" />
      <g class="camera">
        <rect x="10" y="50" width="52" height="50" rx="9" />
        <path d="M62 68l20-11v36l-20-11z" />
      </g>
      {[0, 1, 2, 3].map((i) => (
        <rect key={i} class={`frame frame-${i}`} x="84" y="65" width="28" height="20" rx="4" />
      ))}
      <g class="sluice">
        <path d="M214 22v106M266 22v106" />
        <rect x="220" y="26" width="40" height="34" rx="4" />
      </g>
      {[0, 1, 2, 3, 4].map((i) => (
        <rect
          key={i}
          class="layer"
          style={{ animationDelay: `${-2 + i * 0.18}s` }}
          x={318 + i * 30}
          y={31 + i * 8}
          width={18 - i * 1.5}
          height={88 - i * 16}
          rx="4"
        />
      ))}
      <g class="answer">
        <rect x="486" y="52" width="140" height="46" rx="23" />
        <text x="556" y="82" text-anchor="middle">
          cockatoo
        </text>
      </g>
    </svg>
  );
}

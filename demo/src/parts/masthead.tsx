/** The name of the page, and what it does. */
export function Masthead() {
  return (
    <header class="masthead">
      <svg viewBox="0 0 48 48" width="44" height="44" aria-hidden="true">
        <path class="post" d="M8 6v36M40 6v36" />
        <path class="gate" d="M13 8h22v14H13z" />
        <path class="water" d="M4 32c4-4 8-4 12 0s8 4 12 0 8-4 12 0 4 3 4 3M4 40c4-4 8-4 12 0s8 4 12 0 8-4 12 0" />
      </svg>
      <div>
        <h1>sluice</h1>
        <p>
          Watch a vision model run on video, layer by layer. Everything runs in this page: no picture leaves your
          device.
        </p>
      </div>
    </header>
  );
}

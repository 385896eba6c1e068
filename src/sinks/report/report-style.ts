/** The style sheet of a report. It follows the system's light or dark mode and fits small screens. */
export const REPORT_STYLE = `
:root { color-scheme: light dark; --ink: #1d2329; --soft: #5b6670; --line: #dde2e6; --paper: #fff; --tile: #f5f7f8; --bar: #2a78b5; --bad: #b3261e;
  --c0: #2a78b5; --c1: #d9730d; --c2: #2f9e62; --c3: #c2415d; --c4: #7d5bbe; --c5: #8a6d3b; --c6: #c65aa8; --c7: #1a9aa8; --c8: #a9b2ba; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --soft: #9aa5af; --line: #343b42; --paper: #15191d; --tile: #1e2429; --bar: #5aa9e6; --bad: #ff8a80;
  --c0: #5aa9e6; --c1: #f2a35e; --c2: #5fc98d; --c3: #ef7d95; --c4: #ab8ee6; --c5: #c7a86b; --c6: #e58bcb; --c7: #4fc4d0; --c8: #56606a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 68rem; padding: 1.5rem 1rem 4rem; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.05rem; margin: 2.2rem 0 .6rem; } p { margin: .3rem 0; }
.soft { color: var(--soft); } .bad { color: var(--bad); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .6rem; margin: 1.2rem 0; padding: 0; }
.tiles div { background: var(--tile); border-radius: 8px; padding: .6rem .8rem; } .tiles dt { color: var(--soft); font-size: .8rem; }
.tiles dd { margin: 0; font-size: 1.25rem; font-variant-numeric: tabular-nums; } .tiles dd small { font-size: .8rem; color: var(--soft); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; } th { text-align: left; font-weight: 600; color: var(--soft); font-size: .8rem; }
th, td { padding: .18rem .8rem .18rem 0; vertical-align: top; border-bottom: 1px solid var(--line); } td.n, th.n { text-align: right; white-space: nowrap; }
td.name { overflow-wrap: anywhere; } td.share { width: 40%; min-width: 5rem; padding-right: 0; vertical-align: middle; }
td.share i { display: block; height: .7rem; min-width: 1px; background: var(--bar); border-radius: 2px; }
.wide { overflow-x: auto; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1rem; margin: 0 0 1rem; padding: 0; list-style: none; font-size: .85rem; }
.legend li { overflow-wrap: anywhere; } .legend i, .chip { display: inline-block; width: .7rem; height: .7rem; border-radius: 2px; margin-right: .35rem; vertical-align: -1px; }
.file { margin: 0 0 1.1rem; } .file h3 { font-size: .9rem; font-weight: 600; margin: 0 0 .2rem; overflow-wrap: anywhere; }
.lane { position: relative; height: 1.5rem; background: var(--tile); border-radius: 4px; overflow: hidden; } .lane i { position: absolute; top: 0; bottom: 0; min-width: 1px; }
.ends { display: flex; justify-content: space-between; font-size: .75rem; color: var(--soft); font-variant-numeric: tabular-nums; }
.file p { font-size: .85rem; overflow-wrap: anywhere; }
${Array.from({ length: 9 }, (_, i) => `.c${i} { background: var(--c${i}); }`).join(' ')}
#throughput { width: 100%; min-height: 220px; } .u-legend { font-size: .85rem; text-align: left; } .u-title { display: none; }
details { margin: .5rem 0; } summary { cursor: pointer; }
@media (max-width: 36rem) { body { font-size: 14px; } td.share { width: 22%; min-width: 3rem; } }
`;

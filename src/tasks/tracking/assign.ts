/** A pair that may be matched: the number of its column, and its cost, at least 0. */
export interface Candidate {
  readonly column: number;
  readonly cost: number;
}

/**
 * Matches rows to columns, each to one at most, so that the sum of the costs is least, where a row without a column costs `limit`.
 * Gives the column of each row, or -1. `rows` has the candidates of each row: pairs that are not there cannot be matched.
 *
 * Rows are added one after another along the shortest augmenting path (Jonker and Volgenant 1987, "A shortest augmenting path
 * algorithm for dense and sparse linear assignment problems"). A path visits only what its row reaches through candidates.
 */
export function assign(rows: readonly (readonly Candidate[])[], columns: number, limit: number): Int32Array {
  const columnOf = new Int32Array(rows.length).fill(-1);
  const rowOf = new Int32Array(columns).fill(-1);
  // The prices (dual variables): cost - rowPrice - columnPrice is at least 0, and 0 for what is matched.
  const rowPrice = new Float64Array(rows.length);
  const columnPrice = new Float64Array(columns);
  const distance = new Float64Array(columns).fill(Infinity);
  const from = new Int32Array(columns);
  for (let start = 0; start < rows.length; start++) {
    const settled: number[] = [];
    const reached: number[] = [];
    let [row, before] = [start, 0];
    // Where the path ends: at a column that is free, or at a row that goes without.
    let [total, loser, end] = [Infinity, -1, -1];
    for (;;) {
      const without = before + limit - (rowPrice[row] as number);
      if (without < total) [total, loser] = [without, row];
      for (const { column, cost } of rows[row] as readonly Candidate[]) {
        const there = before + Math.max(0, cost - (rowPrice[row] as number) - (columnPrice[column] as number));
        if (there >= (distance[column] as number)) continue;
        if (distance[column] === Infinity) reached.push(column);
        distance[column] = there;
        from[column] = row;
      }
      const next = nearest(reached, distance, total);
      if (next < 0) break;
      const column = reached[next] as number;
      before = distance[column] as number;
      if (rowOf[column] === -1) {
        [total, end] = [before, column];
        break;
      }
      settled.push(column);
      reached[next] = reached.at(-1) as number;
      reached.pop();
      row = rowOf[column] as number;
    }
    for (const column of settled) {
      const surplus = total - (distance[column] as number);
      columnPrice[column] = (columnPrice[column] as number) - surplus;
      rowPrice[rowOf[column] as number] = (rowPrice[rowOf[column] as number] as number) + surplus;
    }
    rowPrice[start] = (rowPrice[start] as number) + total;
    // Each row on the path takes the column that the path leaves it through.
    let free = end === -1 ? (columnOf[loser] as number) : end;
    if (end === -1) columnOf[loser] = -1;
    while (free !== -1) {
      const taker = from[free] as number;
      const given = columnOf[taker] as number;
      [columnOf[taker], rowOf[free]] = [free, taker];
      free = given;
    }
    for (const column of settled) distance[column] = Infinity;
    for (const column of reached) distance[column] = Infinity;
  }
  return columnOf;
}

/** The place of the nearest column among those reached, none over `most`; -1 if there is none. */
function nearest(reached: readonly number[], distance: Float64Array, most: number): number {
  let [place, least] = [-1, Infinity];
  for (let i = 0; i < reached.length; i++) {
    const there = distance[reached[i] as number] as number;
    if (there < least && there <= most) [place, least] = [i, there];
  }
  return place;
}

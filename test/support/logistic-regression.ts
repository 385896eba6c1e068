/** A row of features with its class. */
export interface Point {
  readonly vector: Float32Array;
  readonly target: number;
}

/**
 * Multinomial logistic regression as scikit-learn's `LogisticRegression()` defines it: the sum of the losses of all points plus half of the
 * squared norm of the weights (C = 1), the biases left out. It is found by accelerated gradient descent (Nesterov 1983) with a step that is
 * halved where the sum grows. Returns a function that gives the class of a vector.
 */
export function logisticRegression(
  points: readonly Point[],
  classes: number,
  steps = 600,
): (vector: Float32Array) => number {
  const size = points[0]?.vector.length ?? 0;
  const width = size + 1;
  /** The scores of a vector: the last weight of a class is its bias. */
  const scores = (weights: Float64Array, vector: Float32Array) =>
    Array.from({ length: classes }, (_, k) => {
      let sum = weights[k * width + size] ?? NaN;
      for (let i = 0; i < size; i++) sum += (weights[k * width + i] as number) * (vector[i] as number);
      return sum;
    });
  const objective = (weights: Float64Array, gradient?: Float64Array) => {
    let sum = 0;
    weights.forEach((weight, i) => {
      const isBias = i % width === size;
      if (!isBias) sum += weight ** 2 / 2;
      if (gradient) gradient[i] = isBias ? 0 : weight;
    });
    for (const { vector, target } of points) {
      const logits = scores(weights, vector);
      const most = Math.max(...logits);
      const exps = logits.map((logit) => Math.exp(logit - most));
      const total = exps.reduce((a, b) => a + b, 0);
      sum += Math.log(total) + most - (logits[target] ?? NaN);
      if (!gradient) continue;
      exps.forEach((exp, k) => {
        const slope = exp / total - Number(k === target);
        for (let i = 0; i < size; i++) (gradient[k * width + i] as number) += slope * (vector[i] as number);
        (gradient[k * width + size] as number) += slope;
      });
    }
    return sum;
  };
  let [now, ahead] = [new Float64Array(classes * width), new Float64Array(classes * width)];
  let [rate, momentum] = [1, 1];
  const gradient = new Float64Array(classes * width);
  for (let step = 0; step < steps; step++) {
    const here = objective(ahead, gradient);
    const squared = gradient.reduce((sum, slope) => sum + slope ** 2, 0);
    let next = ahead.map((weight, i) => weight - rate * (gradient[i] ?? NaN));
    while (objective(next) > here - (rate / 2) * squared) {
      rate /= 2;
      next = ahead.map((weight, i) => weight - rate * (gradient[i] ?? NaN));
    }
    const grown = (1 + Math.sqrt(1 + 4 * momentum ** 2)) / 2;
    ahead = next.map((weight, i) => weight + ((momentum - 1) / grown) * (weight - (now[i] ?? NaN)));
    [now, momentum] = [next, grown];
  }
  return (vector) => {
    const all = scores(now, vector);
    return all.indexOf(Math.max(...all));
  };
}

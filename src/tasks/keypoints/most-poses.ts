import type { Aggregator } from '../task.ts';
import type { Keypoints, Pose } from './pose.ts';

/** The poses of the frame with the most of them; of several such frames, of the one with the highest scores. */
export class MostPoses implements Aggregator<Keypoints> {
  #best: Keypoints | undefined;

  add(result: Keypoints): void {
    const best = this.#best;
    const more = result.poses.length - (best?.poses.length ?? -1);
    if (more > 0 || (more === 0 && sumOf(result.poses) > sumOf(best?.poses ?? []))) this.#best = result;
  }

  take(): Keypoints {
    const { poses, picture } = this.#best ?? { poses: [], picture: { width: 0, height: 0 } };
    this.#best = undefined;
    return { poses, picture };
  }
}

function sumOf(poses: readonly Pose[]): number {
  return poses.reduce((sum, { score }) => sum + score, 0);
}

"""Makes tracks.ndjson: a scene of boxes in each line, and the tracks that ByteTrack gives them, in a version that shares nothing with sluice's.

The Kalman filter is one of eight numbers with whole matrices, the assignment is scipy's. Needs numpy and scipy:
python3 test/data/tracking/make.py
"""

import json
import pathlib

import numpy as np
from scipy.optimize import linear_sum_assignment

F = np.eye(8)
F[:4, 4:] = np.eye(4)
H = np.eye(4, 8)


def measured(box):
    x, y, w, h = box[:4]
    return np.array([x + w / 2, y + h / 2, w / h, h])


def begin(box):
    z = measured(box)
    h = z[3]
    deviations = [h / 10, h / 10, 1e-2, h / 10, h / 16, h / 16, 1e-5, h / 16]
    return np.concatenate([z, np.zeros(4)]), np.diag(np.square(deviations))


def predict(track):
    mean, h = track["mean"].copy(), track["mean"][3]
    if track["lost"]:
        mean[7] = 0
    noise = [h / 20, h / 20, 1e-2, h / 20, h / 160, h / 160, 1e-5, h / 160]
    track["mean"], track["cov"] = F @ mean, F @ track["cov"] @ F.T + np.diag(np.square(noise))


def update(track, number, box, frame):
    mean, cov, h = track["mean"], track["cov"], track["mean"][3]
    s = H @ cov @ H.T + np.diag(np.square([h / 20, h / 20, 1e-1, h / 20]))
    gain = np.linalg.solve(s, H @ cov).T
    track["mean"] = mean + gain @ (measured(box) - H @ mean)
    track["cov"] = cov - gain @ s @ gain.T
    track.update(lost=False, counts=True, seen=frame, box=number)


def corners(track):
    x, y, aspect, h = track["mean"][:4]
    return x - aspect * h / 2, y - h / 2, x + aspect * h / 2, y + h / 2


def iou(a, b):
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0.0
    return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h)


def matched(tracks, boxes, limit, frame):
    """Matches with a cost of at most `limit`; each one that goes without costs half of it. Gives the tracks and boxes left."""
    n, m = len(tracks), len(boxes)
    costs = np.full((n + m, n + m), limit / 2)
    costs[n:, m:] = 0
    for i, track in enumerate(tracks):
        for j, (_, (x, y, w, h, _score)) in enumerate(boxes):
            costs[i, j] = 1 - iou(corners(track), (x, y, x + w, y + h))
    pairs = [(i, j) for i, j in zip(*linear_sum_assignment(costs)) if i < n and j < m and costs[i, j] <= limit]
    for i, j in pairs:
        update(tracks[i], *boxes[j], frame)
    rows, columns = {i for i, _ in pairs}, {j for _, j in pairs}
    return (
        [track for i, track in enumerate(tracks) if i in rows],
        [track for i, track in enumerate(tracks) if i not in rows],
        [box for j, box in enumerate(boxes) if j not in columns],
    )


def tracks_of(frames):
    """The number of the track of each box, 0 for none."""
    tracks, count, result = [], 0, []
    for frame, boxes in enumerate(frames):
        tracks = [t for t in tracks if not t["lost"] or frame - t["seen"] <= 30]
        for track in tracks:
            predict(track)
        high = [(i, box) for i, box in enumerate(boxes) if box[4] >= 0.6]
        low = [(i, box) for i, box in enumerate(boxes) if 0.1 <= box[4] < 0.6]
        first, left, high = matched([t for t in tracks if t["counts"]], high, 0.8, frame)
        second, gone, _ = matched([t for t in left if not t["lost"]], low, 0.5, frame)
        third, _, high = matched([t for t in tracks if not t["counts"]], high, 0.7, frame)
        lost = [t for t in left if t["lost"]] + gone
        for track in gone:
            track["lost"] = True
        here = first + second + third
        for number, box in high:
            if box[4] < 0.7:
                continue
            mean, cov = begin(box)
            count += 1
            new = dict(mean=mean, cov=cov, id=count, lost=False, counts=frame == 0, begun=frame, seen=frame, box=number)
            here.append(new)
        out = []
        for a in here:
            for b in lost:
                if iou(corners(a), corners(b)) > 0.85:
                    out.append(id(b if a["seen"] - a["begun"] > b["seen"] - b["begun"] else a))
        here = [t for t in here if id(t) not in out]
        tracks = here + [t for t in lost if id(t) not in out]
        numbers = [0] * len(boxes)
        for track in here:
            if track["counts"]:
                numbers[track["box"]] = track["id"]
        result.append(numbers)
    return result


def scene(seed, objects, length):
    random = np.random.default_rng(seed)
    starts, speeds = random.uniform((0, 0), (600, 300), (objects, 2)), random.normal(0, 4, (objects, 2))
    sizes = random.uniform((30, 70), (80, 160), (objects, 2))
    frames = []
    for frame in range(length):
        boxes = []
        for start, speed, size in zip(starts, speeds, sizes):
            chance = random.random()
            if chance < 0.1:
                continue
            score = random.uniform(0.1, 0.6) if chance < 0.3 else random.uniform(0.6, 1)
            box = np.concatenate([start + speed * frame, size]) + random.normal(0, 2, 4)
            boxes.append([*(round(float(value), 1) for value in box), round(float(score), 2)])
        frames.append(boxes)
    return {"frames": frames, "tracks": tracks_of(frames)}


if __name__ == "__main__":
    scenes = [scene(1, 6, 90), scene(2, 14, 60), scene(3, 20, 45)]
    lines = [json.dumps(one, separators=(",", ":")) + "\n" for one in scenes]
    pathlib.Path(__file__).with_name("tracks.ndjson").write_text("".join(lines))

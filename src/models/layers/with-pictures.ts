import type { FlatModel, FlatNode } from './flat-model.ts';
import type { Layer } from './layer.ts';
import { setting } from './layer.ts';
import { isChannelsFirst } from './moved-axis.ts';

/**
 * @internal A model whose pictures have their channels first, as one that takes pictures as everywhere in sluice: `[batch, height,
 * width, channels]`. Other models stay as they are.
 */
export function withPictures(model: FlatModel): FlatModel {
  const { inputShape, nodes, input } = model;
  if (inputShape?.length !== 4 || !channelsComeFirst(nodes)) return model;
  const [batch, channels, height, width] = inputShape;
  const id = freeId(nodes);
  const layer: Layer = {
    ...{ className: 'Permute', name: id, path: id, module: undefined, inboundNodes: [] },
    config: { dims: [3, 1, 2] },
  };
  const moved = nodes.map((node) => ({ ...node, from: node.from.map((source) => (source === input ? id : source)) }));
  return {
    ...model,
    inputShape: [batch, height, width, channels],
    nodes: [{ id, layer, from: [input] }, ...moved],
  };
}

/** Whether the first layer that knows an order of dimensions has the channels first. */
function channelsComeFirst(nodes: readonly FlatNode[]): boolean {
  const first = nodes.find(
    ({ layer }) =>
      setting(layer, 'data_format') !== undefined || layer.className === 'Permute' || layer.className === 'Reshape',
  );
  return first !== undefined && isChannelsFirst(first.layer);
}

function freeId(nodes: readonly FlatNode[]): string {
  const taken = new Set(nodes.map(({ id }) => id));
  let id = 'channels_first';
  while (taken.has(id)) id += '_';
  return id;
}

/** The nodes of COCO-SSD's graph that take the picture, and that give boxes and scores. */
export const COCO_SSD = {
  input: 'Preprocessor/map/TensorArrayStack/TensorArrayGatherV3',
  outputs: ['Postprocessor/ExpandDims_1', 'Postprocessor/Slice'],
} as const;

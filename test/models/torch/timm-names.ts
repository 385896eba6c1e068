/** What timm calls the modules of torchvision's MobileNet v2. */
export function timmMobilenetV2Names(): Map<string, string> {
  const names = new Map([
    ['features.0.0', 'conv_stem'],
    ['features.0.1', 'bn1'],
    ['features.1.conv.0.0', 'blocks.0.0.conv_dw'],
    ['features.1.conv.0.1', 'blocks.0.0.bn1'],
    ['features.1.conv.1', 'blocks.0.0.conv_pw'],
    ['features.1.conv.2', 'blocks.0.0.bn2'],
    ['features.18.0', 'conv_head'],
    ['features.18.1', 'bn2'],
    ['classifier.1', 'classifier'],
  ]);
  const groups = [
    '1.0',
    '1.1',
    '2.0',
    '2.1',
    '2.2',
    '3.0',
    '3.1',
    '3.2',
    '3.3',
    '4.0',
    '4.1',
    '4.2',
    '5.0',
    '5.1',
    '5.2',
    '6.0',
  ];
  groups.forEach((block, i) => {
    const [theirs, ours] = [`features.${i + 2}.conv`, `blocks.${block}`];
    for (const [from, to] of Object.entries({
      '0.0': 'conv_pw',
      '0.1': 'bn1',
      '1.0': 'conv_dw',
      '1.1': 'bn2',
      '2': 'conv_pwl',
      '3': 'bn3',
    })) {
      names.set(`${theirs}.${from}`, `${ours}.${to}`);
    }
  });
  return names;
}

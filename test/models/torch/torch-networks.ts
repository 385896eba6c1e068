import type { TorchGraph, Value } from './torch-graph.ts';

// The networks of torchvision, in its names and with its strides and paddings. Each gives logits.

/** `torchvision.models.resnet50`: the stride of a group is that of its first 3×3 convolution. */
export function resnet50(net: TorchGraph): Value {
  const plain = { bias: false };
  let x = net.conv(net.input, 'conv1', 64, { kernel: 7, stride: 2, padding: 3, ...plain });
  x = net.relu(net.norm(x, 'bn1'));
  x = net.maxPool(x, 3, 2, { padding: 1 });
  [3, 4, 6, 3].forEach((blocks, group) => {
    const width = 64 * 2 ** group;
    for (let n = 0; n < blocks; n++) {
      const at = `layer${group + 1}.${n}`;
      const stride = n === 0 && group > 0 ? 2 : 1;
      let y = net.relu(net.norm(net.conv(x, `${at}.conv1`, width, { kernel: 1, ...plain }), `${at}.bn1`));
      y = net.conv(y, `${at}.conv2`, width, { kernel: 3, stride, padding: 1, ...plain });
      y = net.relu(net.norm(y, `${at}.bn2`));
      y = net.norm(net.conv(y, `${at}.conv3`, 4 * width, { kernel: 1, ...plain }), `${at}.bn3`, 0.1);
      if (n === 0) {
        x = net.conv(x, `${at}.downsample.0`, 4 * width, { kernel: 1, stride, ...plain });
        x = net.norm(x, `${at}.downsample.1`, 0.5);
      }
      x = net.relu(net.add(y, x));
    }
  });
  return net.linear(net.mean(x), 'fc', 1000);
}

/** `torchvision.models.mobilenet_v2`. */
export function mobilenetV2(net: TorchGraph): Value {
  const unit = (x: Value, name: string, filters: number, kernel: number, stride = 1, groups = 1) => {
    const options = { kernel, stride, groups, padding: (kernel - 1) / 2, bias: false };
    return net.relu6(net.norm(net.conv(x, `${name}.0`, filters, options), `${name}.1`));
  };
  let x = unit(net.input, 'features.0', 32, 3, 2);
  const table = [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
  ] as const;
  let at = 1;
  for (const [expansion, filters, times, first] of table) {
    for (let n = 0; n < times; n++, at++) {
      const stride = n === 0 ? first : 1;
      const hidden = expansion * x.channels;
      const name = `features.${at}.conv`;
      let [y, i] = [x, 0];
      if (expansion > 1) y = unit(y, `${name}.${i++}`, hidden, 1);
      y = unit(y, `${name}.${i++}`, hidden, 3, stride, hidden);
      y = net.conv(y, `${name}.${i++}`, filters, { kernel: 1, bias: false });
      y = net.norm(y, `${name}.${i}`, 0.5);
      x = stride === 1 && x.channels === filters ? net.add(x, y) : y;
    }
  }
  return net.linear(net.mean(unit(x, 'features.18', 1280, 1)), 'classifier.1', 1000);
}

/** `torchvision.models.squeezenet1_1`. */
export function squeezenet(net: TorchGraph): Value {
  let x = net.relu(net.conv(net.input, 'features.0', 64, { kernel: 3, stride: 2 }));
  const halve = () => (x = net.maxPool(x, 3, 2, { ceil: true }));
  const fire = (at: number, squeezed: number, expanded: number) => {
    const name = `features.${at}`;
    const s = net.relu(net.conv(x, `${name}.squeeze`, squeezed, { kernel: 1 }));
    const one = net.relu(net.conv(s, `${name}.expand1x1`, expanded, { kernel: 1 }));
    const three = net.relu(net.conv(s, `${name}.expand3x3`, expanded, { kernel: 3, padding: 1 }));
    x = net.concatenate(one, three);
  };
  halve();
  fire(3, 16, 64);
  fire(4, 16, 64);
  halve();
  fire(6, 32, 128);
  fire(7, 32, 128);
  halve();
  fire(9, 48, 192);
  fire(10, 48, 192);
  fire(11, 64, 256);
  fire(12, 64, 256);
  return net.mean(net.relu(net.conv(x, 'classifier.1', 1000, { kernel: 1 })));
}

/** `torchvision.models.alexnet`. At 224×224 its adaptive pool changes nothing. */
export function alexnet(net: TorchGraph): Value {
  let x = net.relu(net.conv(net.input, 'features.0', 64, { kernel: 11, stride: 4, padding: 2 }));
  x = net.maxPool(x, 3, 2);
  x = net.relu(net.conv(x, 'features.3', 192, { kernel: 5, padding: 2 }));
  x = net.maxPool(x, 3, 2);
  x = net.relu(net.conv(x, 'features.6', 384, { kernel: 3, padding: 1 }));
  x = net.relu(net.conv(x, 'features.8', 256, { kernel: 3, padding: 1 }));
  x = net.relu(net.conv(x, 'features.10', 256, { kernel: 3, padding: 1 }));
  x = net.flatten(net.maxPool(x, 3, 2), 36);
  x = net.relu(net.linear(x, 'classifier.1', 4096));
  x = net.relu(net.linear(x, 'classifier.4', 4096));
  return net.linear(x, 'classifier.6', 1000);
}

/** `torchvision.models.vgg16_bn`. At 224×224 its adaptive pool changes nothing. */
export function vgg16Bn(net: TorchGraph): Value {
  let [x, at] = [net.input, 0];
  for (const size of [64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0]) {
    if (size === 0) {
      x = net.maxPool(x, 2, 2);
      at += 1;
    } else {
      x = net.conv(x, `features.${at}`, size, { kernel: 3, padding: 1 });
      x = net.relu(net.norm(x, `features.${at + 1}`, 0.6));
      at += 3;
    }
  }
  x = net.flatten(x, 49);
  x = net.relu(net.linear(x, 'classifier.0', 4096));
  x = net.relu(net.linear(x, 'classifier.3', 4096));
  return net.linear(x, 'classifier.6', 1000);
}

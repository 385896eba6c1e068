import { ShapeError } from '../../errors/errors.ts';
import { describeShape, type Shape } from '../../stage/shape.ts';
import type { PictureOutputs } from './picture-outputs.ts';

/** How an output holds a picture. */
export interface PictureForm {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** Whether the channels come first. */
  readonly isPlanar: boolean;
}

/** Reads the form of a picture off the shape of an output. Throws `ShapeError`; the message continues the name of the step. */
export function formOf(shape: Shape, { layout }: Pick<PictureOutputs, 'layout'>): PictureForm {
  const [batch, second = 0, third = 0, last = 0] = shape;
  const forms = [
    { layout: 'nhwc', channels: last, height: second, width: third, isPlanar: false },
    { layout: 'nchw', channels: second, height: third, width: last, isPlanar: true },
  ].filter((form) => (layout ?? form.layout) === form.layout && ofPicture(form.channels));
  const [form] = forms;
  if (shape.length !== 4 || batch !== 1 || !form || form.width * form.height === 0) {
    const order = layout === 'nchw' ? '1 or 3 channels, height, width' : 'height, width, 1 or 3 channels';
    throw new ShapeError(`needs a picture, [1, ${order}], but got ${describeShape(shape)}`);
  }
  if (forms.length > 1) {
    throw new ShapeError(
      `got ${describeShape(shape)}, whose channels may be first or last: give layout, nhwc or nchw, to picture(…)`,
    );
  }
  const { width, height, channels, isPlanar } = form;
  return { width, height, channels: channels as 1 | 3, isPlanar };
}

const ofPicture = (channels: number) => channels === 1 || channels === 3;

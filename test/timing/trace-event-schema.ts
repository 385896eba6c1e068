import type { JsonSchema } from './json-schema.ts';

/**
 * The part of Google's Trace Event Format (public document of the catapult project) that a trace of ours may use, as a JSON
 * schema: the object format, complete events (`X`), instants (`i`) and metadata (`M`). Whatever is in none of them is wrong.
 */
const integer: JsonSchema = { type: 'integer', minimum: 0 };
const time: JsonSchema = { type: 'number', minimum: 0 };
const text: JsonSchema = { type: 'string', minLength: 1 };

/** What all events have. `cat` is a list separated by commas. */
const common = { name: text, pid: integer, tid: integer, args: { type: 'object' } } satisfies Record<
  string,
  JsonSchema
>;

const complete: JsonSchema = {
  type: 'object',
  required: ['ph', 'name', 'cat', 'ts', 'dur', 'pid', 'tid'],
  additionalProperties: false,
  properties: { ...common, ph: { const: 'X' }, cat: text, ts: time, dur: time },
};

const instant: JsonSchema = {
  type: 'object',
  required: ['ph', 'name', 'cat', 'ts', 's', 'pid', 'tid'],
  additionalProperties: false,
  // The format also knows the scopes `g` (global) and `p` (process).
  properties: { ...common, ph: { const: 'i' }, cat: text, ts: time, s: { const: 't' } },
};

function metadata(name: string, args: Record<string, JsonSchema>): JsonSchema {
  return {
    type: 'object',
    required: ['ph', 'name', 'pid', 'args'],
    additionalProperties: false,
    properties: {
      ...common,
      ph: { const: 'M' },
      name: { const: name },
      args: { type: 'object', required: Object.keys(args), additionalProperties: false, properties: args },
    },
  };
}

export const TRACE_SCHEMA: JsonSchema = {
  type: 'object',
  required: ['traceEvents'],
  additionalProperties: false,
  properties: {
    traceEvents: {
      type: 'array',
      items: {
        oneOf: [
          complete,
          instant,
          metadata('process_name', { name: text }),
          metadata('thread_name', { name: text }),
          metadata('thread_sort_index', { sort_index: { type: 'integer' } }),
        ],
      },
    },
    displayTimeUnit: { enum: ['ms', 'ns'] },
  },
};

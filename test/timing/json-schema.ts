/** As much of JSON Schema as the trace format's needs. */
export interface JsonSchema {
  readonly type?: 'object' | 'array' | 'string' | 'number' | 'integer';
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly minLength?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: false;
  readonly items?: JsonSchema;
  readonly oneOf?: readonly JsonSchema[];
}

/** Where a value does not keep to a schema, and how; empty where it does. */
export function violations(value: unknown, schema: JsonSchema, at = '$'): string[] {
  const wrong = (what: string): string[] => [`${at} ${what}: ${JSON.stringify(value) ?? String(value)}`];
  if (schema.type !== undefined && !isOfType(value, schema.type)) return wrong(`is no ${schema.type}`);
  if ('const' in schema && value !== schema.const) return wrong(`is not ${JSON.stringify(schema.const)}`);
  if (schema.enum && !schema.enum.includes(value)) return wrong(`is none of ${JSON.stringify(schema.enum)}`);
  if (schema.minimum !== undefined && (value as number) < schema.minimum) return wrong(`is under ${schema.minimum}`);
  if (schema.minLength !== undefined && (value as string).length < schema.minLength) return wrong('is too short');
  if (schema.oneOf) {
    const matching = schema.oneOf.filter((one) => violations(value, one, at).length === 0);
    if (matching.length !== 1) return wrong(`fits ${matching.length} of the schemas`);
  }
  if (schema.items)
    return (value as unknown[]).flatMap((item, i) => violations(item, schema.items ?? {}, `${at}[${i}]`));
  if (schema.type !== 'object') return [];
  const object = value as Record<string, unknown>;
  const { properties = {}, required = [] } = schema;
  return [
    ...required.filter((key) => !(key in object)).map((key) => `${at} lacks ${key}`),
    ...Object.entries(object).flatMap(([key, inner]) => {
      const known = properties[key];
      if (known) return violations(inner, known, `${at}.${key}`);
      return schema.additionalProperties === false ? [`${at} has ${key}`] : [];
    }),
  ];
}

function isOfType(value: unknown, type: NonNullable<JsonSchema['type']>): boolean {
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  if (type === 'string') return typeof value === 'string';
  return typeof value === 'number' && Number.isFinite(value) && (type === 'number' || Number.isInteger(value));
}

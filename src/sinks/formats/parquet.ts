import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import type { SchemaElement } from 'hyparquet-writer';
import { messageOf, SluiceError } from '../../errors/errors.ts';
import type { Classification } from '../../tasks/classification/class-scores.ts';
import type { Column, Row } from '../../tasks/task.ts';
import { columnsOf, rowsOf } from './result-rows.ts';
import type { ResultWriter } from './result-writer.ts';
import { taskOrDefault } from '../../tasks/task-or-default.ts';
import { type WriterOptions } from './writer-task.ts';

const TYPES: Readonly<Record<Column['type'], Pick<SchemaElement, 'type' | 'converted_type'>>> = {
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  int32: { type: 'INT32' },
  int64: { type: 'INT64' },
  double: { type: 'DOUBLE' },
};

/** Options of the writer that {@link loadParquet} loads. */
export interface ParquetOptions<T extends object = Classification> extends WriterOptions<T> {
  /** Whether the results are aggregates ({@link "sluice".aggregate | aggregate}): adds the columns `end` and `frames`. Default false. */
  readonly aggregated?: boolean;
}

/** Rows per row group. A group takes a few megabytes of memory and is large enough for readers to skip efficiently. */
const GROUP_ROWS = 50_000;

const NAMES: OptionNames<ParquetOptions> = { task: true, aggregated: true };

/**
 * Loads `hyparquet-writer` and resolves to a function that makes Parquet writers. A file is one typed table with the rows and
 * columns of {@link "sluice".csvWriter | csvWriter}. For classification `source` and `label` are text; `seq`, `frames`,
 * `rank` and `index` are int32; `timestamp` and `end` are int64 µs; `score` is double. A frame without a class has nulls in
 * the last four columns. Row groups have 50,000 rows and are compressed with Snappy.
 *
 * `hyparquet-writer` is an optional peer dependency. Throws `SluiceError` (`output`) if it is missing.
 *
 * @see {@link resultFormat}, {@link "sluice".csvWriter | csvWriter}
 *
 * @example
 * const parquetWriter = await loadParquet();
 * const file = parquetWriter().open();
 * await writeFile('labels.parquet', Buffer.concat([file.write(result), file.end()]));
 */
export async function loadParquet(): Promise<
  <T extends object = Classification>(options?: ParquetOptions<T>) => ResultWriter<Uint8Array, T>
> {
  const { ByteWriter, ParquetWriter } = await hyparquetWriter();
  return (options = {}) => {
    checkOptions('parquetWriter', options as ParquetOptions, NAMES);
    const task = taskOrDefault(options.task);
    const columns = columnsOf(task, options.aggregated ?? false);
    return {
      open() {
        const bytes = new ByteWriter();
        const parquet = new ParquetWriter({ writer: bytes, schema: schemaOf(columns), createdBy: 'sluice' });
        let rows: Row[] = [];
        const writeGroup = () => {
          const columnData = columns.map((column) => ({
            name: column.name,
            data: rows.map((row) => toValue(column, row[column.name] ?? null)),
          }));
          // write is synchronous here, because ByteWriter writes to memory.
          void parquet.write({ columnData, rowGroupSize: GROUP_ROWS });
          rows = [];
        };
        const take = () => {
          const piece = bytes.getBytes().slice();
          bytes.index = 0;
          return piece;
        };
        return {
          write(result) {
            for (const row of rowsOf(task, result)) {
              rows.push(row);
              if (rows.length === GROUP_ROWS) writeGroup();
            }
            return take();
          },
          end() {
            if (rows.length > 0) writeGroup();
            const isEmpty = parquet.row_groups.length === 0;
            void parquet.finish();
            return isEmpty ? withTypedList(take()) : take();
          },
        };
      },
    };
  };
}

function schemaOf(columns: readonly Column[]): SchemaElement[] {
  return [
    { name: 'results', num_children: columns.length },
    ...columns.map(({ name, type }): SchemaElement => ({ name, ...TYPES[type], repetition_type: 'OPTIONAL' })),
  ];
}

function toValue({ type }: Column, value: string | number | null): string | number | bigint | null {
  return typeof value === 'number' && type === 'int64' ? BigInt(Math.round(value)) : value;
}

/**
 * Sets the type of the empty list of row groups in a table without rows. hyparquet-writer writes no type, which Arrow's reader
 * refuses. In the footer the list (field 4, 0 structs) follows the number of rows (field 3, an i64 of 0).
 */
function withTypedList(piece: Uint8Array): Uint8Array {
  const at = Buffer.from(piece.buffer, piece.byteOffset, piece.length).lastIndexOf(Buffer.from([0x16, 0, 0x19, 0]));
  if (at >= 0) piece[at + 3] = 0x0c;
  return piece;
}

async function hyparquetWriter() {
  try {
    return await import('hyparquet-writer');
  } catch (cause) {
    throw new SluiceError(
      'output',
      `writing Parquet needs hyparquet-writer, which could not be loaded: npm install hyparquet-writer (${messageOf(cause)})`,
      { cause },
    );
  }
}

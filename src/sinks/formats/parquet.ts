import type { SchemaElement } from 'hyparquet-writer';
import { messageOf, SluiceError } from '../../errors/errors.ts';
import { AGGREGATED_COLUMNS, COLUMNS, resultRows, type ResultRow } from './result-rows.ts';
import type { ResultWriter } from './result-writer.ts';

type Column = (typeof AGGREGATED_COLUMNS)[number];

const TYPES: Readonly<Record<Column, Pick<SchemaElement, 'type' | 'converted_type'>>> = {
  source: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  seq: { type: 'INT32' },
  timestamp: { type: 'INT64' },
  end: { type: 'INT64' },
  frames: { type: 'INT32' },
  rank: { type: 'INT32' },
  index: { type: 'INT32' },
  label: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  score: { type: 'DOUBLE' },
};

/** What is collect before it is written: some megabytes in memory, large enough for readers to skip by. */
const GROUP_ROWS = 50_000;

/**
 * Loads what writes Parquet and gives the maker of writers: the rows and columns of {@link "sluice".csvWriter | csvWriter} in one typed table
 * (text; `seq`, `frames`, `rank` and `index` int32, `timestamp` and `end` int64 µs, `score` double), compressed by Snappy,
 * 50,000 rows to a group. A frame without a class has nulls in the last four columns.
 *
 * `hyparquet-writer` is an optional peer: throws `SluiceError` (`output`) where it is missing.
 *
 * @see {@link resultFormat}, {@link "sluice".csvWriter | csvWriter}
 *
 * @example
 * const parquetWriter = await loadParquet();
 * const writer = parquetWriter();
 * await writeFile('labels.parquet', Buffer.concat([writer.write(result), writer.end()]));
 */
export async function loadParquet(): Promise<(options?: { aggregated?: boolean }) => ResultWriter<Uint8Array>> {
  const { ByteWriter, ParquetWriter } = await hyparquetWriter();
  return ({ aggregated = false } = {}) => {
    const columns = aggregated ? AGGREGATED_COLUMNS : COLUMNS;
    const bytes = new ByteWriter();
    const parquet = new ParquetWriter({ writer: bytes, schema: schemaOf(columns), createdBy: 'sluice' });
    let rows: ResultRow[] = [];
    const writeGroup = () => {
      const columnData = columns.map((name) => ({ name, data: rows.map((row) => toValue(name, row[name])) }));
      // It writes into memory, so there is nothing to wait for.
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
        for (const row of resultRows(result)) {
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
  };
}

function schemaOf(columns: readonly Column[]): SchemaElement[] {
  return [
    { name: 'results', num_children: columns.length },
    ...columns.map((name): SchemaElement => ({ name, ...TYPES[name], repetition_type: 'OPTIONAL' })),
  ];
}

function toValue(column: Column, value: string | number | null): string | number | bigint | null {
  return typeof value === 'number' && TYPES[column].type === 'INT64' ? BigInt(Math.round(value)) : value;
}

/**
 * A table without rows has an empty list of row groups, which hyparquet-writer gives no type; Arrow's reader refuses
 * that. In the footer, after the number of rows (field 3, an i64 of 0): field 4, a list of 0 structs.
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
      `Parquet is written by hyparquet-writer, which is not here: npm install hyparquet-writer (${messageOf(cause)})`,
      { cause },
    );
  }
}

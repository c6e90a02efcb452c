declare module 'parquetjs-lite' {
  interface FieldDefinition {
    type: string;
    optional: boolean;
    compression: string;
  }
  export class ParquetSchema {
    constructor(fields: Record<string, FieldDefinition>);
  }
  export class ParquetWriter {
    static openFile(schema: ParquetSchema, path: string): Promise<ParquetWriter>;
    appendRow(row: Record<string, unknown>): Promise<void>;
    close(): Promise<void>;
  }
}

declare module 'parquetjs-lite/lib/types.js' {
  export const PARQUET_LOGICAL_TYPES: Record<string, { toPrimitive(value: unknown): unknown }>;
}

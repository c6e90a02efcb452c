declare module 'parquetjs-lite' {
  interface FieldDefinition {
    readonly type: string;
    readonly optional: boolean;
    readonly compression: string;
  }
  interface ParquetWriter {
    setMetadata(key: string, value: string): void;
    appendRow(row: Readonly<Record<string, unknown>>): Promise<void>;
    close(): Promise<void>;
  }
  interface ParquetSchema {
    readonly fields: Readonly<Record<string, unknown>>;
  }
  const parquetjs: {
    readonly ParquetSchema: new (fields: Readonly<Record<string, FieldDefinition>>) => ParquetSchema;
    readonly ParquetWriter: { openFile(schema: ParquetSchema, path: string): Promise<ParquetWriter> };
  };
  export default parquetjs;
}

declare module 'parquetjs-lite/lib/types.js' {
  const types: { readonly PARQUET_LOGICAL_TYPES: Record<string, { toPrimitive(value: unknown): unknown }> };
  export default types;
}

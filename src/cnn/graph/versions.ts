/** The versions of ONNX that all graphs here are written for. */
export const GRAPH_VERSIONS = { irVersion: 8, opset: 17 } as const;

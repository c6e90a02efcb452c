// Made from kernels/resize.ts by scripts/build-kernels.ts; do not edit.
export const resizeKernelBase64 =
  'AGFzbQEAAAABCQJgAX8AYAABfwMDAgABBQMBAAAHHwMHcmVzZXJ2ZQAACGhlYXBCYXNlAAEGbWVtb3J5AgAKJAIcACAAQf//A2pBEHY/AGsiAEEASgRAIABAABoLCwUAQYAICw==';

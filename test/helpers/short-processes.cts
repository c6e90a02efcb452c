// Loaded by each Node process of the tests before anything else. Most live for a second or two: what V8 optimizes in
// them it would need for longer to be worth its while. Loops that run for long are optimized all the same.
process.getBuiltinModule('node:v8').setFlagsFromString('--interrupt-budget=2000000');

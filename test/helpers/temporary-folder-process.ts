// Makes a temporary folder of the kind that it is given, says where on stdout, and keeps it until it is ended.
import { makeTemporaryFolder } from '../../src/base/temporary-folder.ts';

process.stdout.write(`${await makeTemporaryFolder(process.argv[2]!)}\n`);
process.stdin.resume();

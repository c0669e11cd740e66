import './shift.ts';
import { wasmUrl } from '@crypho/mls/wasm-url';
import { startTestWorker } from '../../src/test-worker.ts';

startTestWorker({ wasmUrl });

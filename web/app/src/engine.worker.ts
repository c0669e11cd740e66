import { startWorker } from '@crypho/engine/worker';
import { wasmUrl } from '@crypho/mls/wasm-url';

startWorker({ wasmUrl });

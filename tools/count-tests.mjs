// Counts the results of `./crypho test` from the reports and prints `N passed, N failed` last. A part
// that ended badly without a failed test in its report (it did not compile, say) counts as one failure.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const home = process.argv[2];
const results = join(home, 'build', 'results');
const parts = readFileSync(join(results, 'parts'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => line.split(' '));

function surefire() {
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  for (const module of readdirSync(home)) {
    const reports = join(home, module, 'target', 'surefire-reports');
    if (!existsSync(reports)) continue;
    for (const file of readdirSync(reports).filter((name) => name.endsWith('.xml'))) {
      const head = /<testsuite [^>]*>/.exec(readFileSync(join(reports, file), 'utf8'))?.[0] ?? '';
      const number = (name) => Number(new RegExp(` ${name}="(\\d+)"`).exec(head)?.[1] ?? 0);
      const bad = number('failures') + number('errors');
      failed += bad;
      skipped += number('skipped');
      passed += number('tests') - bad - number('skipped');
    }
  }
  return { passed, failed, skipped };
}

function vitest(name) {
  const file = join(results, `${name}.json`);
  if (!existsSync(file)) return { passed: 0, failed: 0, skipped: 0 };
  const report = JSON.parse(readFileSync(file, 'utf8'));
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests,
  };
}

function gallery() {
  const file = join(results, 'gallery.json');
  if (!existsSync(file)) return none();
  const report = JSON.parse(readFileSync(file, 'utf8'));
  return { passed: report.numPassed, failed: report.numFailed, skipped: 0 };
}

function journeys() {
  const file = join(home, 'e2e', 'results', 'e2e.json');
  if (!existsSync(file)) return { passed: 0, failed: 0, skipped: 0 };
  const all = JSON.parse(readFileSync(file, 'utf8'));
  const failed = all.filter((journey) => !journey.ok).length;
  const skipped = all.filter((journey) => journey.skipped !== undefined).length;
  return { passed: all.length - failed - skipped, failed, skipped };
}

const none = () => ({ passed: 0, failed: 0, skipped: 0 });
const counters = {
  java: surefire,
  web: () => vitest('vitest'),
  'mls-interop': () => vitest('mls-interop'),
  'mls-stress': () => vitest('mls-stress'),
  gallery,
  e2e: journeys,
};
let passed = 0;
let failed = 0;
for (const [name, code] of parts) {
  const counter = counters[name];
  const isTool = counter === undefined;
  const count = (counter ?? none)();
  const isBad = code !== '0';
  if (isBad && count.failed === 0) count.failed = 1;
  if (!isBad && isTool && (name === 'web-types' || name === 'web-lint')) count.passed = 1;
  passed += count.passed;
  failed += count.failed;
  const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
  console.log(`${name}: ${count.passed} passed, ${count.failed} failed${skipped}`);
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);

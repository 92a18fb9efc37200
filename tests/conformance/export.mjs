// Writes the public suite as JSON into the current folder; run where `npm ci` has put the package.
import { writeFileSync } from 'node:fs';

for (const suite of ['conformance', 'parsing']) {
  const { tests } = await import(`@bufbuild/cel-spec/testdata/${suite}.js`);
  writeFileSync(`${suite}.json`, JSON.stringify(tests));
}

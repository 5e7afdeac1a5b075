// Judges scans with the station's own rules: one case a line on standard input, a verdict a line on standard output.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

// As a data URL, because the folder of the pages has no package.json that would call its files modules.
const source = readFileSync(process.argv[2]).toString("base64");
const { judge } = await import(`data:text/javascript;base64,${source}`);

for await (const line of createInterface({ input: process.stdin })) {
  const { asked, person, hall, known, device } = JSON.parse(line);
  const { scan, first } = judge(asked, person, hall, known, device);
  const { verdict, reason, block, needsAdmit } = scan;
  process.stdout.write(`${JSON.stringify({ verdict, reason, block, needsAdmit, first })}\n`);
}

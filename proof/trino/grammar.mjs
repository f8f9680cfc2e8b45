// Reads statements, one JSON text a line, and says of each what Trino's grammar has against it: a JSON list of errors.
import { readFileSync } from "node:fs";
import { register } from "node:module";

// The package is built for bundlers: its own imports leave out the endings of files, which Node wants.
register(
  "data:text/javascript," +
    encodeURIComponent(`
      export async function resolve(name, context, next) {
        try { return await next(name, context); }
        catch (error) {
          if (!name.startsWith(".")) throw error;
          try { return await next(name + ".js", context); }
          catch { return await next(name + "/index.js", context); }
        }
      }`),
  import.meta.url,
);

const { TrinoSQL } = await import("dt-sql-parser");
const grammar = new TrinoSQL();
for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const errors = grammar.validate(JSON.parse(line));
  console.log(JSON.stringify(errors.map((one) => `${one.startLine}:${one.startColumn}: ${one.message}`)));
}

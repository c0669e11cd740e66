// One journey's world: server, mail, browser, people; and the search for planted markers at its end.
import pg from 'pg';
import { chromium } from 'playwright-core';
import { startMail } from './mail.mjs';
import { Person } from './person.mjs';
import { startServer } from './server.mjs';

const CHROMIUM = process.env.CRYPHO_CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export async function openWorld({ config, isTestBuild } = {}) {
  const mail = await startMail();
  const server = await startServer({ smtpPort: mail.port, config, isTestBuild });
  const browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS });
  const markers = new Set();
  const people = [];

  const world = {
    server,
    mail,
    browser,
    /** A text that must never be found outside clients; `words` makes it readable in a failure. */
    marker(words) {
      const text = `${words} ${Math.random().toString(36).slice(2, 10)}zq`;
      markers.add(text);
      return text;
    },
    /** Someone with a browser of their own; nothing is signed up yet. */
    async person(name, options = {}) {
      const person = await Person.open(world, name, options);
      people.push(person);
      return person;
    },
    plant: (text) => markers.add(text),
    log: () => server.log(),
    contexts: () => browser.contexts(),
    async finish(note) {
      const searched = await world.assertNothingLeaked();
      note(`${searched.markers} markers in ${searched.places} places: none found`);
    },
    /** Fails where a marker is in the database, its files, or the logs. */
    async assertNothingLeaked() {
      const places = [['server log', server.log()], ...(await dumpDatabase(server))];
      for (const marker of markers) {
        for (const [where, text] of places) {
          if (text.toLowerCase().includes(marker.toLowerCase())) {
            throw new Error(`planted marker "${marker}" found in ${where}`);
          }
        }
      }
      return { markers: markers.size, places: places.length };
    },
    async close() {
      for (const person of people) await person.close().catch(() => {});
      await browser.close();
      await server.stop();
      await mail.close();
      server.remove();
    },
  };
  return world;
}

/** Every row of every table, each column as text and, where it is bytes, also as Latin-1. */
async function dumpDatabase(server) {
  const { folder, port } = server.databaseSocket();
  const client = new pg.Client({ host: folder, port, user: 'crypho', database: 'crypho' });
  await client.connect();
  try {
    const tables = await client.query(
      `select table_schema, table_name from information_schema.tables
       where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
    );
    const dump = [];
    for (const { table_schema: schema, table_name: table } of tables.rows) {
      const rows = await client.query(`select * from "${schema}"."${table}"`);
      const text = rows.rows
        .map((row) => Object.values(row).map(readable).join('\t'))
        .join('\n');
      dump.push([`table ${schema}.${table}`, text]);
    }
    return dump;
  } finally {
    await client.end();
  }
}

function readable(value) {
  if (Buffer.isBuffer(value)) return value.toString('utf8') + value.toString('latin1');
  return value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);
}

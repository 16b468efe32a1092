// Asks for alerts with the official Node SDK, and prints as JSON what it got. Arguments: the base URL, the start and the end of a window.
import twilio from "twilio";

const [baseUrl, start, end] = process.argv.slice(2);
const client = twilio("AC" + "0".repeat(32), "a-token-that-nobody-looks-at");
client.monitor.baseUrl = baseUrl;
const { alerts } = client.monitor.v1;
const sids = (found) => found.map((alert) => alert.sid);

const streamed = [];
await new Promise((resolve, reject) => {
  alerts.each({ pageSize: 700, callback: (alert) => streamed.push(alert.sid), done: (error) => (error ? reject(error) : resolve()) });
});

const walked = [];
let page = await alerts.page({ pageSize: 1000 });
while (page) {
  walked.push(sids(page.instances));
  if (!page.nextPageUrl) break;
  page = await page.nextPage();
}

const [newest] = await alerts.list({ logLevel: "error", limit: 1 });
const fetched = await alerts(newest.sid).fetch();
const refused = async (asked) => asked.then(() => null, ({ status, code }) => ({ status, code }));

console.log(
  JSON.stringify({
    window: sids(await alerts.list({ logLevel: "warning", startDate: new Date(start), endDate: new Date(end) })),
    limited: sids(await alerts.list({ limit: 1500 })),
    streamed,
    walked,
    back: sids((await page.previousPage()).instances),
    newest: { ...newest.toJSON(), isDate: newest.dateCreated instanceof Date },
    fetched: fetched.toJSON(),
    unknown: await refused(alerts("NO" + "0".repeat(32)).fetch()),
    nonsense: await refused(alerts.list({ logLevel: "fatal" })),
  }),
);

// Uses a simulated account with the official Node SDK, and prints as JSON what it got. Arguments: base URL, account SID, token, the app's URL.
import twilio from "twilio";

const [baseUrl, account, token, app] = process.argv.slice(2);
const client = twilio(account, token);
client.api.baseUrl = client.messaging.baseUrl = client.monitor.baseUrl = baseUrl;

const ADA = "+12025550101";
const person = "+14045550100";
const sids = (found) => found.map((each) => each.sid);
const refused = async (asked) => asked.then(() => null, ({ status, code }) => ({ status, code }));
const ended = async (sid) => {
  for (;;) {
    const message = await client.messages(sid).fetch();
    if (message.status === "delivered") return message;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

const number = await client.incomingPhoneNumbers.create({ areaCode: "617", smsUrl: `${app}/node` });
const from = number.phoneNumber;
const sent = await client.messages.create({ to: ADA, from, body: "From Node", mediaUrl: [`${app}/parcel.png`] });
const delivered = await ended(sent.sid);
const media = await client.messages(sent.sid).media.list();
const redacted = await client.messages(sent.sid).update({ body: "" });
const deleted = await client.messages(sent.sid).remove();

const many = [];
for (let count = 0; count < 60; count++) many.unshift((await client.messages.create({ to: person, from, body: `${count}` })).sid);
const page = await client.messages.page({ to: person, pageSize: 40 });
const second = await page.nextPage();
const last = await ended(many[0]);
const day = new Date(last.dateSent);
day.setUTCHours(0, 0, 0, 0);

const service = await client.messaging.v1.services.create({ friendlyName: "From Node", inboundRequestUrl: `${app}/node` });
await client.messaging.v1.services(service.sid).phoneNumbers.create({ phoneNumberSid: number.sid });
const accepted = await client.messages.create({ to: ADA, messagingServiceSid: service.sid, body: "From a service" });
const sendAt = new Date(Date.now() + 3600e3);
const later = await client.messages.create({
  to: ADA, messagingServiceSid: service.sid, body: "Later", scheduleType: "fixed", sendAt,
});
const canceled = await client.messages(later.sid).update({ status: "canceled" });
const updated = await client.incomingPhoneNumbers(number.sid).update({ smsUrl: `${app}/changed` });

console.log(
  JSON.stringify({
    sent: { status: sent.status, numMedia: sent.numMedia, isDate: sent.dateCreated instanceof Date, dateSent: sent.dateSent },
    delivered: { status: delivered.status, body: delivered.body, isDate: delivered.dateSent instanceof Date },
    media: media.map((each) => each.contentType),
    redacted: redacted.body,
    deleted,
    gone: await refused(client.messages(sent.sid).fetch()),
    listed: JSON.stringify(sids(await client.messages.list({ to: person, from }))) === JSON.stringify(many),
    paged: [page.instances.length, second.instances.length, second.nextPageUrl ?? null],
    back: JSON.stringify(sids((await second.previousPage()).instances)) === JSON.stringify(many.slice(0, 40)),
    today: (await client.messages.list({ to: person, dateSent: day })).length,
    after: (await client.messages.list({ to: person, dateSentAfter: new Date(day.getTime() + 86400e3) })).length,
    before: (await client.messages.list({ to: person, dateSentBefore: day })).length,
    accepted: [accepted.status, accepted.from, accepted.numSegments, (await ended(accepted.sid)).from === from],
    canceled: [later.status, canceled.status],
    pool: (await client.messaging.v1.services(service.sid).phoneNumbers.list()).map((each) => each.phoneNumber === from),
    updated: updated.smsUrl === `${app}/changed`,
    account: (await client.api.v2010.accounts(account).fetch()).status,
    badTo: await refused(client.messages.create({ to: "12", from, body: "x" })),
    badList: await refused(client.messages.list({ pageSize: 0 })),
    stranger: await refused(twilioWith("another-token").messages.create({ to: ADA, from, body: "x" })),
    removed: [await client.messaging.v1.services(service.sid).remove(), await client.incomingPhoneNumbers(number.sid).remove()],
  }),
);

function twilioWith(other) {
  const stranger = twilio(account, other);
  stranger.api.baseUrl = baseUrl;
  return stranger;
}

// An Express app as Twilio's documentation has it: the SDK's own middleware checks the signature.
import express from "express";
import twilio from "twilio";

const app = express();
const seen = [];

if (process.env.APP_TRUSTS_PROXY) app.set("trust proxy", true);
app.use(express.urlencoded({ extended: false }));

app.all("/sms", twilio.webhook({ validate: true }), (request, response) => {
  const values = { ...request.query, ...request.body };
  seen.push({ sid: values.MessageSid, body: values.Body, headers: request.headers });
  const reply = new twilio.twiml.MessagingResponse();
  reply.message(`You said: ${values.Body}`);
  response.type("text/xml").send(reply.toString());
});

app.get("/seen", (_, response) => response.json(seen));

app.listen(Number(process.argv[2]), "127.0.0.1");

"""Answers of Node's frameworks and dev servers: the app was reached, and did not like the request."""

from offhook.debugger.case import Case
from offhook.debugger.causes.marks import Mark, find
from offhook.records import Cause

CHECK_SIGNATURE = "Check Twilio's signature there instead: it tells who calls better than a token does."
RIGHT_PATH = "Compare the path of the URL with the app's routes, prefixes included."
TUNNEL_BACKEND = "Have the tunnel lead to the port of the backend, not to that of the front end's dev server."
READ_FORM = "Twilio posts a form, not JSON: read the fields of the form."

MARKS: tuple[Mark, ...] = (
    Mark(
        name="twilio-middleware.no-token",
        who="Twilio's middleware for Node",
        title="The app cannot check Twilio's signature, because it does not know the auth token.",
        steps=("Set TWILIO_AUTH_TOKEN in the app's environment.", "Restart the app."),
        statuses=(500,),
        body=("attempted to validate this request without first configuring our auth token.",),
    ),
    Mark(
        name="twilio-middleware.bad-signature",
        who="Twilio's middleware in the app",
        title="The app checked Twilio's signature and found it wrong.",
        steps=(
            "Give the app the auth token of the account that owns the number.",
            "Have the app check against the public URL, with its scheme, host and query, not the one behind the proxy.",
        ),
        statuses=(403,),
        body=("Twilio Request Validation Failed.",),
    ),
    Mark(
        name="twilio-middleware.no-signature",
        who="Twilio's middleware for Node",
        title="The app wants Twilio's signature, and this request carried none.",
        steps=("Call the app through Twilio or Offhook, which sign.", "See that no proxy strips X-Twilio-Signature."),
        statuses=(400,),
        body=("No signature header error - X-Twilio-Signature header does not exist",),
    ),
    Mark(
        name="nestjs.no-route",
        who="NestJS",
        title="The NestJS app has no POST route at this path.",
        steps=(RIGHT_PATH, "Mind the controller's path and the global prefix."),
        statuses=(404,),
        body=('"message":"Cannot POST /',),
    ),
    Mark(
        name="express.no-post-route",
        who="Express",
        title="The Express app has no POST route at this path.",
        steps=("Declare the route with app.post.", RIGHT_PATH),
        statuses=(404,),
        body=("<pre>Cannot POST /",),
    ),
    Mark(
        name="express.no-get-route",
        who="Express",
        title="The Express app has no GET route at this path.",
        steps=("Set the method of the webhook to POST, if the app has a route for that.", RIGHT_PATH),
        statuses=(404,),
        body=("<pre>Cannot GET /",),
    ),
    Mark(
        name="express.csrf",
        who="Express",
        title="The app wants a CSRF token, which a webhook never has.",
        steps=("Mount the webhook's route before the CSRF middleware.", CHECK_SIGNATURE),
        statuses=(403,),
        body=("invalid csrf token",),
    ),
    Mark(
        name="express.too-large",
        who="Express",
        title="The body of the request is larger than the app's parser accepts.",
        steps=("Raise the limit option of express.urlencoded or express.json.",),
        statuses=(413,),
        body=("PayloadTooLargeError: request entity too large",),
    ),
    Mark(
        name="express.bad-json",
        who="Express",
        title="The app's JSON parser was given something that is not JSON.",
        steps=(
            READ_FORM,
            "Use express.urlencoded({ extended: false }) for this route.",
            "See that nothing changes the Content-Type on the way.",
        ),
        statuses=(400,),
        headers=(("x-powered-by", "Express"),),
        body=("is not valid JSON",),
    ),
    Mark(
        name="fastify.media-type",
        who="Fastify",
        title="The Fastify app has no parser for forms, which is what Twilio sends.",
        steps=("Register @fastify/formbody.",),
        statuses=(415,),
        body=("FST_ERR_CTP_INVALID_MEDIA_TYPE",),
    ),
    Mark(
        name="fastify.schema",
        who="Fastify",
        title="The request does not fit the schema of the Fastify route; `message` names the field.",
        steps=("Loosen the schema: Twilio adds fields without notice.",),
        statuses=(400,),
        body=('"code":"FST_ERR_VALIDATION"',),
    ),
    Mark(
        name="fastify.no-route",
        who="Fastify",
        title="The Fastify app has no POST route at this path.",
        steps=(RIGHT_PATH, "Mind the prefix of the plugin."),
        statuses=(404,),
        body=('"message":"Route POST:/',),
    ),
    Mark(
        name="hapi.no-route",
        who="hapi",
        title="The hapi server has no route for this path and method.",
        steps=("Declare the route with method POST.", RIGHT_PATH),
        statuses=(404,),
        whole='{"statusCode":404,"error":"Not Found","message":"Not Found"}',
    ),
    Mark(
        name="nextjs.no-post",
        who="Next.js",
        title="The Next.js route exists, but exports no POST.",
        steps=("Export `async function POST` from its route.js or route.ts.",),
        statuses=(405,),
        headers=(("vary", "rsc, next-router-state-tree*"),),
    ),
    Mark(
        name="nextjs.no-route",
        who="Next.js",
        title="The Next.js app has nothing at this path.",
        steps=("Check the folder under app/api or pages/api against the URL.",),
        statuses=(404,),
        headers=(("x-powered-by", "Next.js"),),
        body=("This page could not be found",),
    ),
    Mark(
        name="nextjs.not-found-page",
        who="Next.js",
        title="The page is that of a Next.js app which has nothing at this path.",
        steps=("Check the folder under app/api or pages/api against the URL.",),
        statuses=(404,),
        body=("This page could not be found", "/_next/static/"),
    ),
    Mark(
        name="nextjs.page",
        who="Next.js",
        title="The URL leads to a page of the Next.js app: Twilio got HTML, and no TwiML.",
        steps=("Write the path of an API route into Twilio's Console.", "Answer there with text/xml."),
        statuses=(200,),
        headers=(("x-powered-by", "Next.js"), ("content-type", "text/html*")),
        body=("/_next/static/",),
    ),
    Mark(
        name="react.page",
        who="the front end (React, by its page)",
        title="The front end's page came where TwiML belongs: its files are served at this path, not the app's handler.",
        steps=("Write the path of the webhook's handler into Twilio's Console.", TUNNEL_BACKEND),
        statuses=(200,),
        body=('<div id="root"></div>', "<script"),
        sure=False,
    ),
    Mark(
        name="sveltekit.csrf",
        who="SvelteKit or Astro",
        title="SvelteKit and Astro refuse forms from other origins, and Twilio posts a form.",
        steps=("Allow it: csrf.trustedOrigins or csrf.checkOrigin in SvelteKit, security.checkOrigin in Astro.", CHECK_SIGNATURE),
        statuses=(403,),
        body=("Cross-site POST form submissions are forbidden",),
    ),
    Mark(
        name="vite.host",
        who="Vite's dev server",
        title="Vite's dev server does not accept this host name; the app behind it was not reached.",
        steps=(TUNNEL_BACKEND, "Or add the host to server.allowedHosts."),
        statuses=(403,),
        body=("Blocked request. This host (",),
    ),
    Mark(
        name="vite.no-route",
        who="what may be Vite's dev server",
        title="An empty 404: Vite's dev server answers a POST so, because it serves the front end only.",
        steps=(TUNNEL_BACKEND,),
        statuses=(404,),
        headers=(("vary", "Origin"), ("content-length", "0")),
        sure=False,
    ),
    Mark(
        name="webpack.host",
        who="webpack's dev server",
        title="The front end's dev server does not accept this host name; the app was not reached.",
        steps=(TUNNEL_BACKEND, "Or add the host to allowedHosts."),
        statuses=(403,),
        whole="Invalid Host header",
    ),
)


def cause(case: Case) -> Cause | None:
    """Answers of Node's frameworks and dev servers: the app was reached, and did not like the request."""
    return find(case, MARKS)

"""Answers of tunnels to a developer's machine: ngrok, localtunnel, cloudflared, dev tunnels, Replit's workspaces."""

from offhook.debugger.case import Case
from offhook.debugger.causes.marks import Mark, find
from offhook.records import Cause

NEW_ADDRESS = "If its address has changed, write the new one into Twilio's Console."
START_APP = "Start the app, and see that it listens on the port that the tunnel leads to."
START_CLOUDFLARED = "Start cloudflared, and see in its log that it registers a connection."

MARKS: tuple[Mark, ...] = (
    Mark(
        name="ngrok.offline",
        who="ngrok",
        title="ngrok has no agent for this address: the tunnel is not running.",
        steps=("Start the ngrok agent with exactly this domain.", NEW_ADDRESS),
        headers=(("ngrok-error-code", "ERR_NGROK_3200"),),
    ),
    Mark(
        name="ngrok.app-down",
        who="ngrok",
        title="The ngrok tunnel runs, but nothing listens on the local port it leads to.",
        steps=("Start the app.", "Give ngrok the port on which the app listens."),
        headers=(("ngrok-error-code", "ERR_NGROK_8012"),),
    ),
    Mark(
        name="ngrok.bad-answer",
        who="ngrok",
        title="The ngrok tunnel runs, but what the app sent back was not a whole HTTP answer.",
        steps=(
            "See in the app's log whether it crashed in the middle of the request.",
            "If the app speaks TLS, start the agent with the full URL: `ngrok http https://localhost:PORT`.",
        ),
        headers=(("ngrok-error-code", "ERR_NGROK_3004"),),
    ),
    Mark(
        name="ngrok.browser-warning",
        who="ngrok",
        title="ngrok showed its warning page for browsers; the app never saw the request.",
        steps=(
            "Call with POST or without a browser's User-Agent: the page is meant for people.",
            "Send the header `ngrok-skip-browser-warning`, or use a domain of a paid plan.",
        ),
        headers=(("ngrok-error-code", "ERR_NGROK_6024"),),
    ),
    Mark(
        name="ngrok.quota",
        who="ngrok",
        title="The ngrok account has used up its requests for this month, and every call is refused.",
        steps=("Upgrade the ngrok plan, or move to another tunnel.", NEW_ADDRESS),
        headers=(("ngrok-error-code", "ERR_NGROK_727"),),
    ),
    Mark(
        name="ngrok.error",
        who="ngrok",
        title="ngrok answered itself, with an error code of its own; the app did not write this answer.",
        steps=("Look the code up at https://ngrok.com/docs/errors.", "Check that the agent and the app behind it run."),
        headers=(("ngrok-error-code", "*"),),
    ),
    Mark(
        name="ngrok.offline-page",
        who="ngrok's error page",
        title="ngrok's page says that no agent serves this address: the tunnel is not running.",
        steps=("Start the ngrok agent with exactly this domain.", NEW_ADDRESS),
        statuses=(404,),
        body=("ERR_NGROK_3200",),
    ),
    Mark(
        name="ngrok.app-down-page",
        who="ngrok's error page",
        title="ngrok's page says that nothing listens on the local port the tunnel leads to.",
        steps=("Start the app.", "Give ngrok the port on which the app listens."),
        statuses=(502,),
        body=("ERR_NGROK_8012",),
    ),
    Mark(
        name="ngrok.quota-page",
        who="ngrok's error page",
        title="ngrok's page says that the account has used up its requests for this month.",
        steps=("Upgrade the ngrok plan, or move to another tunnel.", NEW_ADDRESS),
        statuses=(402, 403),
        body=("reached its HTTP requests limit for the month",),
    ),
    Mark(
        name="ngrok.error-page",
        who="ngrok's error page",
        title="The page is one of ngrok's own error pages; the app did not write it.",
        steps=(
            "Look the ERR_NGROK code on the page up at https://ngrok.com/docs/errors.",
            "Check that the agent and the app behind it run.",
        ),
        body=("ERR_NGROK_",),
        sure=False,
    ),
    Mark(
        name="localtunnel.offline",
        who="localtunnel",
        title="localtunnel has no working client for this address, even if `lt` still seems to run.",
        steps=("Stop `lt` and start it again.", NEW_ADDRESS, "If this happens often, use another tunnel."),
        headers=(("x-localtunnel-status", "Tunnel Unavailable"),),
    ),
    Mark(
        name="localtunnel.password",
        who="localtunnel",
        title="localtunnel showed its reminder page, which a webhook cannot click away; the app was not reached.",
        steps=("Use another tunnel for webhooks.", NEW_ADDRESS),
        statuses=(401, 511),
        body=("bypass-tunnel-reminder",),
        sure=False,
    ),
    Mark(
        name="localtunnel.unknown-subdomain",
        who="a server that looks like localtunnel's",
        title="The whole answer is `404`: a localtunnel server says so when no client holds this subdomain.",
        steps=("Start the client again with the same --subdomain.", NEW_ADDRESS),
        statuses=(404,),
        whole="404",
        sure=False,
    ),
    Mark(
        name="localhost-run.offline",
        who="localhost.run",
        title="localhost.run has no tunnel at this address: the ssh session has ended.",
        steps=("Start the ssh tunnel again.", NEW_ADDRESS, "Use a tunnel with a fixed address, so that it stays."),
        body=("no tunnel here :(",),
    ),
    Mark(
        name="cloudflare-tunnel.offline",
        who="Cloudflare",
        title="No cloudflared is connected to this Cloudflare Tunnel: the tunnel is not running.",
        steps=(START_CLOUDFLARED, "A quick tunnel gets a new address at each start: write that into Twilio's Console."),
        statuses=(530,),
        body=("error code: 1033",),
    ),
    Mark(
        name="cloudflare-tunnel.offline-page",
        who="Cloudflare",
        title="Cloudflare's page says that no cloudflared is connected to this tunnel.",
        steps=(START_CLOUDFLARED, "A quick tunnel gets a new address at each start: write that into Twilio's Console."),
        statuses=(530,),
        body=("1033", "Cloudflare Tunnel error"),
    ),
    Mark(
        name="codespaces.private",
        who="the port forwarder of GitHub Codespaces or a dev tunnel",
        title="The forwarded port is private: the call was refused before it came to the app.",
        steps=("Set the port's visibility to public: `gh codespace ports visibility PORT:public`.",),
        statuses=(401,),
        headers=(("www-authenticate", "tunnel*"),),
    ),
    Mark(
        name="codespaces.private-login",
        who="the port forwarder of GitHub Codespaces",
        title="The forwarded port is private: the call was sent to GitHub's login instead of the app.",
        steps=("Set the port's visibility to public: `gh codespace ports visibility PORT:public`.",),
        headers=(("location", "https://*/pf-signin*"),),
    ),
    Mark(
        name="codespaces.not-forwarded",
        who="the tunnel relay of GitHub Codespaces or a dev tunnel",
        title="The relay knows no such port: the codespace is stopped, or the port is not forwarded.",
        steps=("Start the codespace, and the app in it.", "Forward the port, and set its visibility to public."),
        statuses=(404,),
        headers=(("x-served-by", "tunnels-prod-rel-*"), ("content-length", "0")),
    ),
    Mark(
        name="replit.not-running",
        who="Replit",
        title="The Replit workspace is asleep or its app is not started: Replit answered with its own page.",
        steps=(
            "Open the workspace and press Run.",
            "For anything that has to stay up, publish the app as a deployment and write its address into Twilio's Console.",
        ),
        body=("Run this app to see the results here",),
    ),
    Mark(
        name="replit.no-answer",
        who="Replit",
        title="Replit reached the workspace, but no app answered on the port that is mapped.",
        steps=(
            "Have the app listen on 0.0.0.0, and on the port that .replit maps.",
            "Leave the port out of the URL.",
            "See in the workspace's console whether the app crashed or is still starting.",
        ),
        statuses=(502,),
        body=("couldn't reach this app",),
    ),
)


def cause(case: Case) -> Cause | None:
    """What a tunnel says of itself when the app behind it was not reached."""
    return find(case, MARKS)

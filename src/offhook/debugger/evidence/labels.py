"""The words of the error's page in Twilio's Console, as tables: labels and what they label, headings, and what is only furniture.

Compared without case, blanks and marks (`values.fold`). The page of 2026 says "Debug event SID", older ones say "Error SID".
"""

from collections.abc import Mapping
from types import MappingProxyType

from offhook.debugger.evidence.values import fold


def _folded(words: str) -> frozenset[str]:
    return frozenset(fold(word) for line in words.splitlines() for word in line.split(",") if word.strip())


def _spelled(names: str) -> frozenset[str]:
    return frozenset(names.split())


def _table(lines: str) -> Mapping[str, str]:
    """Word → what it stands for, from lines `what it stands for: word, word`."""
    rows = (line.partition(":") for line in lines.strip().splitlines())
    return MappingProxyType({word: kind.strip() for kind, _, words in rows for word in _folded(words)})


# What stands behind a label; what stands behind those of `unused` is read and put to no use.
LABELS = _table("""
sid: Error SID, Debug event SID, Debugger event SID, Event SID, Alert SID, Notification SID, Event ID, Error ID
any_sid: SID
account_sid: Account SID, Account, Subaccount SID
resource_sid: Resource SID, Message SID, SMS SID, Call SID, SmsMessageSid, Resource, Corresponding resource SID
service_sid: Service SID, Messaging Service SID, Messaging Service
request_sid: Request SID
request_url: Request URL, Webhook URL, Request URI, Target URL, TwiML URL, Requested URL, Error URL
url: URL
other_url: Status callback, Status callback URL, Callback URL, invalidStatusCallbackUrl, Fallback URL
status: HTTP response, HTTP status, HTTP status code, HTTP response code, HTTP response status, HTTP code, Status, Status code
status: Response code, Response status, Response status code, Webhook response, Webhook status
code: Error code, Code, Warning code, Error number, Error, Warning, Twilio error code
at: Timestamp, Date, Datetime, Date/time (UTC), Time, Date created, Date generated, Created, Created at, Occurred, Occurred at
level: Log level, Level, Severity
product: Product, Product name
message: Message, Msg, Error message, Warning message, Alert text
description: Description, Short description, Secondary message, parserMessage
method: Request method, Method, HTTP method, Webhook method
component: sourceComponent
elapsed: Elapsed, Elapsed time, Request duration, Response time
unused: EmailNotification, ParentAccountSid, ApiVersion, PayloadType, Request ID, Remote Host, URL Fragment
unused: Source, Event type, Log properties, Duration, Region, Log type
""")

# Headings, and what follows them until the next one: `prose` is Twilio's text about the code, `labels` are labels and values again.
HEADINGS = _table("""
prose: Possible causes, Possible solutions, Possible cause, Possible solution, Causes, Solutions, Error description, Troubleshooting
prose: Suggested solutions, Suggested actions, Suggestions, How to fix, Recommended actions, Related articles, Additional resources
prose: Learn more, More information
parameters: Parameters, Request parameters, Request variables, POST parameters, GET parameters, Query parameters
headers: Headers, Request headers, Response headers, HTTP headers
body: Body, Request body, Response body, Raw body
labels: Request, Response, HTTP request, Request inspector, Properties, Message text, Error details, Event details, Overview
labels: Webhook, Webhook request, Request details, Response details
""")

# The side of an exchange that a heading turns to.
SIDES = _table("""
request: Request, HTTP request, Request inspector, Request headers, Request body, Webhook request, Request details
request: Parameters, Request parameters
response: Response, Response headers, Response body, Response details
""")

# What the page writes in one line with its neighbours, once its blocks are copied. Spelled as there.
JOINED = (
    *(
        "Create alarm",
        "Learn more about this error",
        "Learn more about this warning",
        "Show raw data",
        "Hide raw data",
        "Request Inspector",
    ),
    *(
        "Possible Solutions",
        "Possible Causes",
        "Possible solutions",
        "Possible causes",
        "Error Description",
        "Message text",
        "View details",
    ),
    *(
        "Copy to clipboard",
        "Expand all",
        "Collapse all",
        "Request Parameters",
        "Request Headers",
        "Response Headers",
        "Response Body",
    ),
)

# Buttons stand between a label and its value.
BUTTONS = _folded("""
Copy, Copied, Copy to clipboard, Edit, Show, Hide, View, View details, Details, Expand, Collapse, Expand all, Collapse all, Show raw
Show raw data, Hide raw data, Raw, Pretty, Formatted, Download, Create alarm, Replay, Replay request, Learn more about this error
Learn more about this warning, Show more, Show less, Open in new tab, Info, Share, Refresh, Close
""")

# The page around: menus, paths, buttons, questions.
FURNITURE = _folded("""
Console, Twilio, Twilio Console, Home, Develop, Monitor, Logs, Errors, Error logs, Error log, Debugger, Alarms, Insights, Usage, Billing
Account, Accounts, Account dashboard, Keys & Credentials, API keys & tokens, General settings, Admin, Live, Account SID, Phone Numbers
Messaging, Voice, Verify, Video, Flex, Studio, Sync, TaskRouter, Conversations, Lookup, Email, Functions and Assets, Functions, Assets
Proxy, Events, Event Streams, Marketplace, Segment, SendGrid, Products, Explore Products, Docs and Support, Documentation, Docs, Support
Support tickets, Help Center, Help, Search, Jump to…, Upgrade, Trial, Trial account, My first Twilio account, US1, IE1, AU1
United States (US1), Back, Next, Previous, Back to error logs, Back to logs, Back to debugger, All errors, Error Webhook, Troubleshoot
Workbench, Alarm Logs, Manage Alarms, Filter, Filters, Export, Settings, Menu, Skip to content, Skip to main content, Sign out, Log out
Profile, Was this helpful?, Was this page helpful?, Yes, No, Feedback, Give feedback, Privacy Policy, Terms of Service
Cookie Preferences, Calls, Messages, Conference, Conferences, Recordings, Call logs, Message logs, Messaging logs, See more, Read more
View docs, View documentation, Contact support, Help Center Assistant, Ask assistant, None, null, N/A, Empty, No headers, No body
No parameters, Key, Value, Name, Property, Error, Warning, HTTP, HTTPS, Event, TwiML, Toggle, Menu item, Selected, New, Overview
""")

# Parameters of webhooks: the page writes each name and, unless it is empty, its value below. Spelled as there.
PARAMETERS = _spelled(
    """
    ApiVersion AccountSid MessageSid SmsSid SmsMessageSid MessagingServiceSid SmsStatus MessageStatus Body NumMedia NumSegments From To
    FromCity FromState FromZip FromCountry ToCity ToState ToZip ToCountry MediaUrl0 MediaContentType0 OptOutType ProfileName WaId
    MessageType ChannelPrefix ChannelToAddress ChannelInstallSid StructuredMessage RawDlrDoneDate ErrorCode ErrorMessage ErrorUrl
    ButtonText ButtonPayload CallSid CallStatus Direction Caller Called CallerCity CallerState CallerZip CallerCountry CalledCity
    CalledState CalledZip CalledCountry CallerName ForwardedFrom ParentCallSid CallToken CallDuration Duration CallbackSource
    SequenceNumber Timestamp ApplicationSid SipResponseCode StirVerstat StirStatus Digits SpeechResult Confidence RecordingUrl
    RecordingSid RecordingDuration DialCallStatus DialCallSid DialCallDuration AnsweredBy QueueTime Latitude Longitude Address Label
    """
)

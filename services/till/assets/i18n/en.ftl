## Frame

title-sale = Sale
title-office = Back office
title-enquiry = Enquiry
title-sign-in = Sign in
nav-label = Pages
nav-sale = Sale
nav-office = Back office
nav-enquiry = Enquiry
link-down = The till is waiting for its service. Nothing is lost; this page comes back by itself.
no-script = This page needs JavaScript from this till itself.
close = Close
seen = Seen
language-label = Language
sign-out = Sign out
bar-practice = PRACTICE
bar-nothing-waits = No deductions waiting
bar-waiting =
    { $count ->
        [one] { $count } deduction waiting
       *[other] { $count } deductions waiting
    }
bar-oldest = oldest { $age }
ago-now = just now
ago-minutes = { $count } min ago
ago-hours = { $count } h ago
ago-days = { $count } d ago
unknown-code = { $code }
keypad-label = Digits
keypad-clear = Clear
keypad-back = Delete

## Signing in

sign-in-title = Who is at the till?
sign-in-hint = Choose your name and type your PIN.
sign-in-who = Name
pin-label = PIN
sign-in = Sign in
sign-in-waits = The till is waiting for its service.
role-CASHIER = Cashier
role-SUPERVISOR = Supervisor
role-OWNER = Owner

## Basket

basket-title = Basket
basket-lines =
    { $count ->
        [one] { $count } line
       *[other] { $count } lines
    }
basket-empty = Scan the first item
basket-empty-hint = Or press F2 to search by name.
quantity-of = { $quantity }: quantity of { $name }
void-line-of = Remove { $name }
remove = Remove
total = Total
keys-label = Actions
key-help = Help
key-search = Search
key-quantity = Quantity
key-void-line = Remove
reprint = Copy
void-sale = Cancel
search-title = Find goods
search-hint = Name or number
search-found = Found
search-nothing = Nothing found. Type it in below.
no-open-sale = Start a sale first.
by-hand-name = Name
by-hand-price = Price
by-hand-add = Add
quantity-title = Quantity
quantity-set = Set
goods-unknown = { $code } is not in the catalogue. Press F2 and type name and price.
scans-seen = Seen
goods-without-sale = { $code } was not taken: no sale was open. Start one, then scan it again.
payer-without-sale = The payer's code was not taken: no sale was open. Start one and scan the goods first.
cancel-title = Cancel this sale?
cancel-what =
    { $count ->
        [one] { $count } line, { $sum }
       *[other] { $count } lines, { $sum }
    }
cancel-yes = Yes, cancel the sale
copy-told = COPY { $number } of receipt { $receipt } is being printed.
price-high = Is this price right?
price-sure = Yes, add it
field-wrong = Please fill this in.
unprintable = The printer has no form for { $letters }: the receipt will show a box. Write the name in other letters.
start-sale = New sale
idle-title = Ready
sale-unknown = This sale is not known.
ended-voided = Cancelled
ended-recorded = Recorded
receipt-no = Receipt
previous-label = Last sale
previous-recorded = Last sale recorded
look-up = Look up
paid-cash = Paid in cash

## Payer

payer-title = Payer's code
payer-hint = Scan it with the handheld, or hold it before the camera and press F9.
read-code = Read code by camera
payer-known = Payer
photo-alt = Photo from enrolment
same-person = Is this the person in the photo?
same-yes = Same person
same-no = Another person
person-yes = Yes
person-no = No
same-not-asked = Not asked
answer-first = Compare face and photo first.
not-same-person = Not the same person: this sale cannot be charged to the code.
commit = Complete sale
risk-none = No problems found
risk-approve = A supervisor must approve.
risk-refuse = The sale will be refused; take cash.
risk-CODE_EXPIRES_SOON = Code expires soon; renew it
risk-OVER_SALE_LIMIT = Over the limit of one sale
risk-OVER_PAYER_LIMIT = Over the payer's limit
risk-OVER_DAY_LIMIT = Over the payer's limit for a day
risk-TOO_MANY_UNVERIFIED = Too many unanswered sales
risk-OVER_TILL_LIMIT = Over the till's limit
risk-OLDEST_UNVERIFIED_TOO_OLD = An old sale is still unanswered
risk-DENY_LISTED = On the deny list
risk-SERIAL_OLD = Old code; there is a newer one
risk-NOT_ACTIVE = The first SMS is not answered yet
risk-TIME_IN_DOUBT = This machine's clock is in doubt
risk-FROZEN = Code is frozen
risk-LOCKED = Card is locked
risk-FOREIGN_TILL = Enrolled at another till
risk-FACE_NOT_CONFIRMED = Face not compared
risk-FACE_DIFFERENT = Another person
risk-CHANGED_WITHIN_24_HOURS = Phone or card changed within 24 h

## Printing and recording

progress-title = Recording the sale
progress-done = Recorded
step-stored = Sale stored
step-photo-1 = Photo of payer and goods
step-video = Video
step-receipt = Receipt
step-photo-2 = Photo of the receipt
step-done = done
step-now = now
step-later = next
step-missing = missing
live = Recording
live-blind = No picture
live-alt = What the camera sees now
working-wait = Please wait
recorded-next = Recorded. Hand over the receipt.
release-hint = Goods and receipt go with the payer.
release = Next customer

## Trouble

trouble-safe = Saved
trouble-do = To do
trouble-PRINT_BLOCKED = The receipt is not printed
trouble-PRINT_UNKNOWN = Is the receipt complete?
trouble-EVIDENCE_MISSING = Photo or video is missing
trouble-RELEASE = Payer has not left yet
trouble-SMS_UNKNOWN = An SMS may not have been sent
trouble-DISPATCH = Waits for your release
trouble-LISTING = Bad record needs a supervisor
trouble-UNREACHABLE = Payer cannot be reached
trouble-STUCK = Another service refuses the next step
trouble-CODE_FROZEN = Payer's code is frozen
trouble-CARD_LOCKED = Too many wrong replies
trouble-NO_ROWS = Code card is used up
trouble-DISPUTE = A dispute is open
trouble-RETURNED = The bank returned the money
trouble-UNSPECIFIED = Nothing
safe-PRINT_BLOCKED = The sale is stored. Nothing is printed twice.
safe-PRINT_UNKNOWN = The sale is stored. Nothing more is printed until you answer.
safe-EVIDENCE_MISSING = The sale and its receipt are stored.
safe-RELEASE = Everything is stored.
safe-SMS_UNKNOWN = It is not sent again before that is clear.
safe-DISPATCH = The deduction waits.
safe-LISTING = Nothing is reported until then.
safe-UNREACHABLE = The payer is not listed.
safe-STUCK = Nothing is lost; the till retries.
safe-CODE_FROZEN = The sale is stored; nothing is asked or listed.
safe-CARD_LOCKED = The sale is stored; the payer's days stand still.
safe-NO_ROWS = The sale is stored; nothing is asked or listed.
safe-DISPUTE = Nothing is asked or deducted until then.
safe-RETURNED = The sale is stored; the payer still owes it.
safe-UNSPECIFIED = Everything is stored.
todo-PRINT_BLOCKED = Refill paper or close the cover. Printing continues by itself.
todo-PRINT_UNKNOWN = Look at the paper. Did it print completely?
todo-EVIDENCE_MISSING = Fix the camera, or ask a supervisor to approve.
todo-RELEASE = Hand over goods and receipt.
todo-SMS_UNKNOWN = Nothing. It resolves itself after 120 s.
todo-DISPATCH = Release it in the back office.
todo-LISTING = A supervisor decides.
todo-UNREACHABLE = Find the payer in person.
todo-STUCK = Have the owner run chit doctor.
todo-CODE_FROZEN = The payer comes with their card; give them a new one.
todo-CARD_LOCKED = The payer gives one correct row of their card here.
todo-NO_ROWS = Give the payer a new card.
todo-DISPUTE = Another person than the cashier decides.
todo-RETURNED = Ask the payer for cash.
todo-UNSPECIFIED = Nothing.
whole-yes = Yes, it is complete
whole-no = No, print again
override = Supervisor approves
void-original-back = Cancel: I have the original back
see-to = See to it
check-again = Done: check again
still-broken = Not yet: { $devices }.
device-safe-ledger = Stored sales are safe.
device-safe-printer = Goods can be scanned; a completed sale waits for its receipt.
device-safe-camera = Goods can be scanned; without pictures a supervisor must let them go.
device-safe-microphone = Sales continue without sound.
device-safe-speaker = Sales continue without sound.
device-safe-handheld = Sales continue: F2 finds goods, the camera reads the payer's code.
device-safe-modem = Sales continue. Deductions wait, and payers' deadlines are paused.
device-todo-ledger = Wait a moment; then call the owner.
device-todo-printer = Check paper, cover and plug.
device-todo-camera = Plug the camera in.
device-todo-microphone = Plug it in.
device-todo-speaker = Plug it in.
device-todo-handheld = Plug the handheld in.
device-todo-modem = Check its power and SIM.

## Approval

ask-label = Approval
approve = Approve
approve-who = Who approves?
approve-was = The basket has changed: it was { $sum } before.
approve-commit = Approve this sale
approve-void = Approve cancelling
approve-override = Release without evidence
approve-uphold = Decide for the payer
approve-dismiss = Decide for the shop
approve-cash = Confirm the cash
approve-withdraw = Withdraw this dispute
approve-list = List the bad record

## Help

help-title = Keys
help-f1 = This help
help-f2 = Search goods
help-f3 = Quantity of the chosen line
help-f4 = Remove the chosen line
help-f8 = Copy of the last receipt, marked COPY (at most 3)
help-f9 = The next step: read the code, complete, next customer
help-y = Yes
help-n = No
help-arrows = Choose a line
help-esc = Back

## Back office

attention-title = Needs attention
attention-none = Nothing needs attention.
queue-title = Deductions
queue-hint = Payers get an SMS in the daytime when there is a network. A queue is normal.
deduct = Send due SMS now
ask-now = Send SMS
rows-more = { $count } more
settlement-title = Settlement
settle = Settle confirmed sales
settlement-ready =
    { $count ->
        [0] Nothing is ready to settle.
        [one] { $count } confirmed sale is ready.
       *[other] { $count } confirmed sales are ready.
    }
batch-sales =
    { $count ->
        [one] { $count } sale
       *[other] { $count } sales
    }
batch-settled = Paid
batch-submitted = Submitted
title-batches = Batches
batches-none = The shop has no bank, or its records cannot be read now.
batches-sums = Bank and ledger
batches-agree = Agrees
batches-differ = Differs
batches-bank = Bank
batches-ledger = Ledger
batches-in-flight = In flight
batches-at-bank = At the bank
batches-owed = Returned by the bank and not paid since:
batches-exceptions = { $count } exceptions are open
batches-pdf = Report (PDF)
batches-csv = Table (CSV)
batches-batch = Batch
batches-day = Day
batches-days = Days
batches-days-hint = By the bank’s booking day.
batches-expected = Expected
batches-came = Received
batches-refused = Refused
batches-returned = Returned
hand-over-WAITING = Will be handed over
hand-over-RUNNING = Being handed over
hand-over-DONE = Handed over
hand-over-FAILED = Not handed over
hand-over-IN_DOUBT = May be at the bank
hand-over-arrived = The bank has it
hand-over-again = Hand over again
paper-title = Paper statement
paper-hint = For a bank that gives no files. Somebody who had no hand in the sale approves each line.
paper-statement = Statement and page
paper-sale = Sale: receipt, number or id
paper-outcome = What the line says
paper-PAID = Paid
paper-REFUSED = Not collected
paper-RETURNED = Taken back
paper-amount = Amount on the paper
paper-reason = Reason code, if there is one
paper-day = Booking day
paper-mark = Mark the line
approve-paper = Approve a line of the statement
exceptions-title = At the bank
exceptions-none = No problems found.
exception-sale = the sale
exception-note = What was done
take-exception = I will look into it
close-exception = Done
exception-AMOUNT_DIFFERS = Bank names another amount
exception-UNKNOWN_ID = Bank names an unknown sale
exception-NO_MANDATE = No mandate
exception-MANDATE_EXPIRED = Mandate expired
exception-MANDATE_BLOCKED = Mandate ended
exception-FILE_REFUSED = Bank refused the file
exception-RETURNED_FOR_PERSON = Returned by the bank
exception-OTHER_ACCOUNT = Statement of another account
exception-CONTRADICTION = Bank contradicts itself
exception-NO_ANSWER = Bank has not answered
exception-LEDGER_REFUSED = Ledger refused the booking
exception-HAND_OVER_FAILED = File was not handed over
exception-HAND_OVER_IN_DOUBT = File may or may not be at the bank
exception-do-ASK_BANK = Ask the bank, then close this with its answer.
exception-do-RECORD_MANDATE = Have the payer sign a mandate and record it; this closes by itself.
exception-do-SETTLE_AGAIN = Fix what the reason names, close this, then settle again.
exception-do-RELEASE_OR_COLLECT = Try the debit again, or take cash.
exception-do-IMPORT_RIGHT_FILE = Import the statement of the shop’s own account.
exception-do-MEND_LEDGER = Fix what the reason names; the booking is retried and this closes by itself.
exception-do-RESOLVE_HAND_OVER = Ask the bank whether it has the file, then say so on the page Batches; this closes by itself.
supervisor-only = Only a supervisor can do this: sign in as one.
told-deducted =
    { $count ->
        [0] No SMS is due now.
        [one] { $count } SMS is on its way.
       *[other] { $count } SMS are on their way.
    }
told-settled =
    { $count ->
        [one] { $count } sale is being settled.
       *[other] { $count } sales are being settled.
    }
disputes-title = Disputes
disputes-none = No disputes.
report-title = Z report
z-gross = Gross
z-settled = Settled
z-open = Open
z-bad = Bad debt
z-written-off = Written off
z-paid-otherwise = Paid otherwise
z-void = Void
z-refunds = Refunds
z-net = Net
z-paid-in = Paid in to accounts, less what was paid out
z-sales =
    { $count ->
        [one] { $count } sale
       *[other] { $count } sales
    }
z-gapless = Receipt numbers have no gap
z-gap = Receipt numbers have a gap
devices-title = Devices
troubles-title = Something was not done. If this persists, run chit doctor
list-bad-record = List

## Enquiry

enquiry-label = Receipt number, code on the receipt, or scan its QR
enquiry-hint = Every lookup is logged with your name.
logged = This lookup is logged
goods-title = Goods
fact-cashier = Cashier
fact-time = Time
fact-payer = Payer
fact-person = Person
fact-lookup = Lookup code
fact-copies = Copies
evidence-title = Photos and video
evidence-not-sealed = Not sealed yet.
evidence-partial = Incomplete
video-label = Video of the sale
photo-number = Photo { $number }
photo-1 = Payer and goods
photo-2 = Receipt
partial-camera_absent = no camera
partial-camera_lost = camera lost
partial-camera_stalled = camera stalled
partial-crash = recorder restarted
partial-disk = disk
partial-photo_only = photos only: the disk is nearly full
partial-goods_missing = goods missing
partial-photo_1_missing = photo 1 missing
partial-photo_2_missing = photo 2 missing
partial-video_missing = video missing
partial-privacy = paused for privacy
dialogue-title = SMS dialogue
dialogue-none = No SMS yet.
from-payer = Payer
from-shop = Shop
text-not-kept = The text is not kept
purpose-CHALLENGE = question
purpose-REMINDER = reminder
purpose-ANSWER = answer
purpose-NOTICE = notice
purpose-REPLY = reply
purpose-NONE = message
sms-QUEUED = waiting
sms-SUBMITTING = sending
sms-SUBMITTED = sent
sms-DELIVERED = delivered
sms-UNDELIVERED = not delivered
sms-REPORT_TIMEOUT = sent, no report
sms-RETRY_WAIT = tried again later
sms-UNKNOWN = unknown
sms-FAILED = failed
sms-EXPIRED = expired
sms-CANCELLED = cancelled
sms-RECEIVED = received
dispute-cause = What about?
open-dispute = Open a dispute
uphold = For the payer
dismiss = For the shop
withdraw = Withdraw
cause-NOT_MINE = “I did not buy this”
cause-WRONG_GOODS = Goods or price wrong
cause-IN_PERSON = Reported in person
cause-REFUNDED_AT_BANK = Had the money back from the bank
cause-UNSPECIFIED = Unknown
dispute-OPEN = Open
dispute-UPHELD = Decided for the payer
dispute-DISMISSED = Decided for the shop
dispute-WITHDRAWN = Withdrawn
dispute-UNSPECIFIED = Unknown
proof-title = Ledger proof
proof-hint = Each record is checked against its hash on this page.
proof-holds = holds
proof-broken = does not hold
proof-manifest = Evidence manifest
proof-files = Files
proof-sealed = Sealed
record-failed-transfer = Refused transfer
record-expired-transfer = Expired transfer
record-account = Account
transfer-POSTED = Posted
transfer-PENDING = Reserved
transfer-POST_PENDING = Deducted
transfer-VOID_PENDING = Released
transfer-UNSPECIFIED = Transfer
fact-EVIDENCE_SEALED = Evidence sealed
fact-CHALLENGE_TEXT = SMS text recorded
fact-CHALLENGE_RESULT = SMS question closed
fact-DISPUTE_OUTCOME = Dispute
fact-APPROVAL = Approval
fact-ENROLMENT = Enrolment
fact-BAD_RECORD = Bad record
fact-FILM_ERASED = The film was erased
fact-EVIDENCE_ERASED = The evidence was erased
fact-EVIDENCE_EXPORTED = A redacted copy of the evidence left the shop
fact-EVIDENCE_EXPORTED_WHOLE = A whole copy of the evidence left the shop
fact-EVIDENCE_HELD = The evidence is held
fact-EVIDENCE_RELEASED = The evidence is no longer held
fact-CHALLENGE_VERDICT = The issuer found the reply right
fact-UNSPECIFIED = Fact

## Payers

title-payers = Payers
title-payer = Payer
nav-payers = Payers
payers-query = End of the reference or card serial
payers-none = No payers found.
payer-open = Open
payer-state-ENROLLING = Papers are being printed
payer-state-PENDING = Waits for the first reply
payer-state-ACTIVE = May buy
payer-state-FROZEN = Frozen
payer-state-LOCKED = Card locked
payer-state-DENIED = On the deny list
payer-state-ERASED = Erased
payer-state-UNSPECIFIED = Unknown
payer-next-ENROLLING = The printer prints the mandate and the code card. The payer signs the mandate and takes the card home.
payer-next-PENDING = An SMS asks for a row of the card. The right answer activates the code.
payer-next-ACTIVE = The payer shows the code at the till.
payer-next-FROZEN = The payer cannot buy until they get a new card in person.
payer-next-LOCKED = Nine wrong replies. The payer needs a new card, in person.
payer-next-DENIED = The payer must pay their debt first.
payer-next-ERASED = Who this was is no longer stored; only the sales are. If they come back, enrol them anew.
payer-next-UNSPECIFIED = Look again.
fact-card = Card
fact-rows = Rows left
fact-valid = Code valid to
fact-enrolled = Enrolled
fact-wrong = Wrong replies
fact-changed = Changed
fact-no-sales = No sales until
fact-old-number = Old number
old-number-UNSPECIFIED = No warning on record
old-number-QUEUED = Warning queued
old-number-SENT = Warning sent, no report yet
old-number-DELIVERED = Warned
old-number-NOT_SENT = Not warned
old-number-UNDELIVERED = Not warned
old-number-UNKNOWN = Unknown whether the warning arrived
code-alt = The payer's code
code-hand-over = The payer's code. They photograph it with their phone, or take it home on paper.
code-print = Print
code-save-png = Save picture
code-save-pdf = Save PDF
photo-supervisor = A supervisor may see the photo.
freeze = Freeze this code
enrol-title = Enrol a payer
enrol-hint = Prints the mandate and the code card, and sends an SMS that asks for the first row.
enrol-photo = This picture is kept
enrol-name = Name
enrol-phone = Mobile number
card-envelope = Card from a sealed envelope
card-envelope-serial = 8 digits on the envelope
enrol-language = Language of SMS
enrol-consent = The payer agrees that the shop keeps photo, video and number.
enrol = Enrol
change-title = Another phone or card
change-hint = The payer is present. Two people approve; an SMS warns the old number; the payer cannot buy for 24 hours.
change-phone-label = New mobile number
change-phone = Change phone
change-card-hint = A new card ends a freeze or a lock. The old card stops working immediately.
change-card = New card
approve-enrol = Approve this enrolment
approve-phone = Approve another phone
approve-card = Approve a new card
approve-second = Who else approves?

## Codes of checkout and devices

state-DRAFT = Open
state-PAYER_OK = Payer known
state-COMMITTED = Stored
state-PRINTING = Printing
state-RELEASED = Handed over
state-SEALED = Evidence sealed
state-QUEUED = SMS pending
state-CHALLENGED = Asked by SMS
state-VERIFIED = Confirmed
state-SUBMITTED = In settlement
state-SETTLED = Paid
state-VOIDED = Cancelled
state-REJECTED = Rejected by payer
state-UNREACHABLE = Cannot be reached
state-BAD_PENDING = Notice given
state-BAD_LISTED = Bad record
state-CLEARED = Paid after listing
state-EXPIRED = Record expired
state-WRITTEN_OFF = Written off
state-PAID_OTHERWISE = Paid in cash
state-RETURNED = Returned by bank
state-UNSPECIFIED = Unknown
device-ledger = Ledger
device-printer = Printer
device-camera = Camera
device-microphone = Microphone
device-speaker = Speaker
device-handheld = Handheld
device-modem = SMS modem
condition-READY = ready
condition-STREAMING = ready
condition-COVER_OPEN = cover open
condition-PAPER_OUT = paper out
condition-CUTTER_ERROR = cutter jammed
condition-ERROR = fault
condition-OVERHEATED = too hot, cooling down
condition-OFFLINE = off
condition-UNSPECIFIED = unknown
condition-UNREACHABLE = no answer
condition-ABSENT = absent
condition-OPENING = starting
condition-STALLED = stalled
condition-BACKOFF = absent
condition-PAUSED = paused
condition-MIC_OFF = switched off
condition-MIC_ON = recording sound
condition-MIC_ABSENT = absent
condition-SPEAKER_PRESENT = ready
condition-SPEAKER_ABSENT = absent
condition-OFF = switched off
condition-SIM_LOCKED = SIM wants its PIN
condition-SIM_PUK = SIM wants its PUK
condition-NO_NETWORK = no network
condition-DEGRADED = being reset
condition-FAILED = failed

## People

title-people = People
nav-people = People
role-AUDITOR = Auditor
pin-title = Your PIN
pin-one-time = This is a one-time PIN. Choose your own before you go on.
pin-hint = 4 to 8 digits. Supervisors and owners: 6 to 8.
pin-now = PIN until now
pin-new = New PIN
pin-again = New PIN once more
pin-change = Change PIN
people-one-time = one-time PIN
people-reset-pin = New one-time PIN
people-disable = Disable
people-add = Add a person
people-name = Name
people-role = Role
people-devices = Paired devices
people-no-devices = None. Pair one with: chit device pair
people-revoke = Revoke
people-pin-once = One-time PIN, shown only now. They change it when they first sign in.
people-pin-told = Already done; the PIN was shown then.
device-kind-TILL = Till
device-kind-TIMER = Timer
device-kind-DISPLAY = Customer display
approve-person = Add this person
approve-reset-pin = Give a new one-time PIN
approve-disable = Disable this person
approve-revoke = Revoke this device

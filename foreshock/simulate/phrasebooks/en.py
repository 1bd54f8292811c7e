"""What people say in English."""

from __future__ import annotations

from foreshock.simulate.phrasebooks.book import book

EN = book(
    polite_openings="""
        {Hello|Hi|Good morning},
        {Excuse me|Sorry to bother you},
        {Could you help me please|I wonder if you can help}:
        {Hi there|Dear team},
        When you have a moment,
    """,
    blunt_openings="""
        {Look|Listen|Right},
        {Me again|It's me again}.
        Human please.
        {Anyone there|Hello}?
        {Just tell me one thing|Straight question}:
    """,
    polite_closings="""
        . {Thank you|Thanks|Many thanks}.
        , {please|if you could}.
        . {I know you are busy|I appreciate your help}.
        . {Looking forward to your reply|Please let me know}.
        .
    """,
    blunt_closings="""
        . {Today|Now|Quickly}, please.
        .
        . {Yes or no|Well}?
        . {Don't pass me on|No more excuses}.
        !
    """,
    needs={
        "quote": """
            {how much is|what would} <product> {for my family|for one person|cost me a year}
            {is there|do you have} {a discount|an offer} on <product> {this month|now}
            {can I|am I allowed to} {buy|take out} <product> {with high blood pressure|after surgery}
            if I {am not satisfied|change my mind}, can I {cancel|get a refund} within <days> days
            {your agent|a colleague} {mentioned|recommended} <product>, I {want|would like} to {check|confirm} the price
        """,
        "application_status": """
            {where is|what is the status of} the application I {sent|submitted} {last week|on <weekday>}
            {which|what} {documents|reports} do I {upload|need} for <product>
            how long does {underwriting|approval} {take|usually take}
            my application {says|shows} pending, is that {normal|all right}
            {when|how soon} will I {get|receive} the {policy|certificate}
        """,
        "coverage": """
            does <product> {cover|include} {dental|flood damage|a rental car|physiotherapy|cancelled flights}
            what is the {excess|waiting period|limit} {on|for} <product>
            am I covered {abroad|in <city>|when I travel for work}
            {what does|how should I read} {clause <count>|the exclusion part} {mean|of the contract}
            {are|is it true that} pre-existing conditions {never|not} covered
            how {often|many times} can I claim {in a year|on <product>}
        """,
        "change_details": """
            I {need|want} to {change|update} my {address|phone number|bank account|beneficiary}
            I {sold|bought} {the car|the flat}, how do I {transfer|change} <product>
            we {moved|are moving} to <city>, {where|how} do I update {that|the policy}
            my {passport|ID} was renewed, do I have to {visit|come to} a branch
            {can|could} you move the payment {date|day} to the {start|end} of the month
        """,
        "premium": """
            why is {the premium|my bill} <money> {more|higher} than {last year|before}
            when is the {next|following} payment {due|taken}
            the payment {failed|did not go through}, {is|will} my cover {still valid|lapse}
            can I pay {monthly|in instalments}
            how {long|many days} is the grace period
        """,
        "surrender": """
            what {is|would be} the {surrender|cash} value of my policy {now|today}
            can I {borrow|take a loan} against <product>
            what {papers|steps} {are|do I} need{ed|} to {cancel|surrender} a policy
            what {happens|changes} if I {stop|pause} paying for <product>
            is there a {fee|charge} {for|when} {cancelling|leaving} early
        """,
        "invoice": """
            {how|where} do I {get|download} the invoice
            my {company|employer} needs {an invoice|a receipt} for {last year|<product>}
            can you {send|mail} the {tax|payment} certificate
            the invoice {shows|has} {the old|a wrong} {name|address}, can it be {corrected|reissued}
        """,
        "claim_report": """
            I {had|was in} an accident {in <city>|this morning|yesterday} and {want|need} to report it
            there is {water|fire} damage at {home|the shop}, about <money>, how do I {claim|report it}
            I was {in hospital|injured}, what {papers|documents} do you need
            my flight was {cancelled|<count> hours late}, how do I claim
            {someone|the other driver} {hit me and left|is at fault}, what {now|should I do}
        """,
        "claim_progress": """
            {where is|what is the status of|any news on} my claim
            I {sent|uploaded} the documents <days> days ago, {did you get|have you checked} them
            when {will|can} {the money|the payment} {arrive|be paid}
            the surveyor {said|promised} <weekday>, is he {still|} coming
            {is|has} the {car|repair} {ready|been finished}, and is the {price|estimate} settled
            could you {chase|speed up} {my claim|the adjuster} {a little|}
        """,
        "assistance": """
            the car {won't start|has a flat tyre}, can you send {roadside help|a tow truck}
            how do I {book|use} the free {check-up|car wash} {with|from} <product>
            I {want|would like} {an appointment with a specialist|the second opinion service}
            {what|which gifts} can I {get|have} for my points
        """,
        "renewal": """
            <product> {expires|ends} next month, what does renewal cost
            how do I {stop|switch on|cancel} automatic renewal
            can I {raise|change} the cover {when I renew|this year}
            I {forgot|was late} to renew by <days> days, {is that a problem|am I still covered}
            I {had|made} {one claim|two claims}, will the {price|premium} go up
        """,
        "login": """
            I {can't log in|get no code} {on|in} the app
            my {password|account} is {forgotten|locked}, how do I {reset|unlock} it
            face recognition {keeps failing|does not work}
            where {do I|can I} see my {policy|documents} online
        """,
    },
    asking="""
        just {asking|curious}, {where|how} does one {complain|make a complaint}, {not about you|it is for a friend}
        I {read|saw} {in the news|online} that the regulator {has new rules|sent a notice}, does it {affect|touch} me
        which {number|address} is the complaints {line|office}, {the form asks for it|I want to write it down}
        I am a lawyer {myself|by trade} and {would like|want} to {read|understand} the terms of <product>
        the {complaint|problem} I {raised|had} {last year|before} was {solved|settled}, I only {want|need} a copy
        {people|colleagues} say refunds {take|are} {long|slow}, is that {true|so}
        the court {decided|ruled} that the other side pays, what {papers|else} do you need from me
    """,
    thanks="""
        {thanks|thank you} for {yesterday|last time}, it was {quick|very helpful|well handled}
        the money {arrived|came} {sooner|faster} than I {thought|expected}, thank you
        it took a {while|few days}, but it is {solved|done} now, {thanks|appreciated}
        the {mechanic|surveyor|lady on the phone} was {so kind|excellent}, please pass it on
        {clear|good} explanation, {I understand now|that helps}, thanks
    """,
    annoyed="""
        why do I {always|} have to {tell|explain} {it|everything} from the start
        {can this|could it} {not|} be {quicker|simpler}
        {this|the} {process|paperwork} is {too|a bit} {complicated|slow}
        I {waited|was on hold} {for|} <minutes> minutes {just now|to get here}
        that is not what I was told {before|last time}
        {still|I still have} no {news|answer}
        I {work|have a job} and can't {call|ring} all day
        I am {a bit|rather} {disappointed|worried}
        {please|} no more {menus|recorded messages}
    """,
    troubles={
        "long_wait": """
            I {waited|was in the queue} {for|} <minutes> minutes
            it took <count> {calls|tries} to {get through|reach anyone}
            {the music|a recorded voice} for <minutes> minutes and then {nothing|the line went dead}
        """,
        "passed_on": """
            I was {passed|transferred} {to|between} <count> {people|departments} and {none|nobody} {helped|decides}
            the branch {says|tells me} to call head office, head office says {ask|call} the branch
            I have told {the same|this} story <count> times
        """,
        "bot_loop": """
            the {bot|machine} {keeps|is} {asking|repeating} the same {thing|question}
            I {asked|pressed} for a person <count> times and {got|heard} the menu again
            your {bot|assistant} does not understand {a word|anything I ask}
        """,
        "rude_staff": """
            the {person|adjuster|agent} {I spoke to|on <weekday>} was {rude|short with me|not interested}
            {he|she} hung up {on me|before I finished}
            I was {treated|spoken to} like a {beggar|suspect}
        """,
        "unresolved": """
            I have {called|asked} <count> times and it is {still|} not {solved|fixed}
            {last time|on <weekday>} you said it {was done|is fixed}, and {nothing|it} {changed|is the same}
            everyone {takes notes|writes it down} and then nothing {happens|follows}
            <days> days {back and forth|of this} and {we are|I am} where {we|I} started
        """,
        "claim_stalled": """
            my claim {has been stuck|has not moved} for <days> days
            you have {all the|every} document{s|}, and {no one|nobody} {calls me|tells me anything}
            it was {supposed|meant} to take <count> {working|} days and that {has passed|was long ago}
            every time I {ask|call} it is "{in progress|being processed}"
            {still|there is still} no {money|payment}
        """,
        "documents_again": """
            I {sent|gave} you the same {papers|form} <count> times
            {today|first} you need one {paper|certificate}, {tomorrow|then} another
            why can {nobody|you not} {tell|say} {me|} at once what is needed
        """,
        "video_survey_failed": """
            the video {survey|call} {broke off|failed} after <minutes> minutes and now I {wait|must wait} for a visit
            I {filmed|sent} {everything|pictures} <count> times and it is {still|} not good enough
        """,
        "provider_delay": """
            the {garage|repairer} has had {my car|it} for <days> days {and nothing is done|}
            the {garage|repair shop} {blames|waits for} you, {and|} you {blame|wait for} {them|the garage}
            the surveyor {moved|cancelled} {the|our} appointment <count> times
        """,
        "claim_denied": """
            why was {my claim|it} {refused|denied}, I was told {this|everything} is covered
            the {letter|reason} is one {line|sentence} and I {cannot|do not} accept {it|that}
            I {paid|have paid} for <count> years and {when|now} I need it you {refuse|say no}
            {nobody|no one} ever explained that clause {to me|}
            please {look at|review} the {decision|refusal} again
        """,
        "claim_underpaid": """
            what you {paid|offer} does not {even|} cover the {repair|bill}
            the {estimate|settlement} is <money> {short of|below} the invoice, how {come|was that worked out}
            {why|on what ground} did you {take off|deduct} <money>
        """,
        "promise_missed": """
            {someone|you} {promised|said} to call {me|} {back|} by <weekday> and {no one|nobody} did
            {the manager|your colleague} {promised|assured me of} {a solution|an answer}, and {nothing|no word} {since|}
            {every time|again and again} I am told {to wait|tomorrow}
            where is the <money> you {promised|said you would refund}
        """,
        "mis_sold": """
            I was told I {can|could} take the money out {any time|whenever I want}, now I {can't|am told I can't}
            {the bank|your agent} {said|told me} it was a {savings|deposit} {account|product}
            nobody {said|told me} I {have|would have} to pay for <count> years
            it is {not|nothing like} what was {advertised|explained to me}
        """,
        "unexpected_charge": """
            you {took|charged} <money> {from my account|} and I never {agreed|signed anything}
            it {renewed|was charged} {by itself|automatically} {and|,} nobody {told|asked} me
            I {switched off|cancelled} automatic payment {long ago|last month} and you {still|} took it
        """,
    },
    threats="""
        if {this is not|nothing is} {solved|done} I {will|have to} {go to|call} the regulator
        {otherwise|then} I {will|shall} use the {formal|official} {channels|way}
        {maybe|perhaps} I should {post|put} {it|this} online
        I have {spoken to|asked} a lawyer {friend|} {about it|}
        then I {will|would rather} cancel {everything|all my policies}
        I {keep|have kept} {all|} the {messages|recordings}
        please {answer|reply} in writing by <weekday>
    """,
    good_comments="""
        {very|really|} {helpful|friendly|quick} {service|staff|}
        {fast|easy|smooth}, {no problems|happy with it|would recommend}
        {paid|solved} {quicker|sooner} than {expected|I thought}
        a {short|bit of a} wait but {solved|everything fine}
        the {agent|surveyor} {explained|handled} it {well|patiently}
        I complained {once|last year} and it was {sorted|handled} at once, {good|impressed}
    """,
    mixed_comments="""
        {ok|fine|average|so so}
        {nice|polite} people, {a bit slow|long wait}
        {could|should} be {simpler|quicker}
        it {works|is ok}, nothing special
        solved {in the end|after a while}
        {a little|quite} expensive, {service ok|otherwise fine}
    """,
    bad_comments="""
        {too|so|very} slow, {asked|called} <count> times
        {nobody|no one} {answers|called back|cares}
        {not|never} {solved|resolved}
        {rude|cold|uninterested} {staff|agent}
        {disappointed|will not buy again|expected better}
        the {bot|menu} is {useless|a maze}
        {same papers|forms} again and again
        {promised|was promised} a call, {never came|still waiting}
    """,
    offers="""
        voucher of <money>
        fee of <money> waived
        {claim|case} moved to the fast lane
        free check-up offered
    """,
    callback_answers="""
        {ok|right}, {I see|understood}{, thank you|}
        {fine|ok}, I'll {wait|see} {a few days|}
        {<weekday>|tomorrow} {morning|afternoon} {is fine|works}
        you said {that|the same} last time{, is it certain now|}
        it is {solved|done} already, {thanks|no need to call}
        I am {driving|in a meeting}, {later|call me later}
    """,
    complaint_openings="""
        {I am writing to complain about|This is a formal complaint about} <product>.
        {After many|I have made several} {attempts|calls} {without result|and nothing came of it}.
        I {do not|cannot} accept how {the branch|your office} in <city> {handled|treated} {this|my case}.
        {I wish to|I would like to} {raise|register} the following {matter|problem}.
    """,
    complaint_demands="""
        Please {answer|reply} in writing within <count> days.
        I {ask for|demand} <money> back and an {apology|explanation}.
        {Please|Kindly} {look into|settle} this {soon|properly}{, thank you|}.
        I {want|expect} one person {who is responsible|to deal with me}.
    """,
    agent_lines="""
        {Hello|Good day}, how can I help {you|}?
        {One moment|Please hold on}, I {will|'ll} {check|have a look}.
        {May I have|Could you give me} your policy number?
        {I see|The system shows} that it is {being processed|fine}.
        I have {noted|registered} {it|that}, a colleague will {call|get back to} you.
        I am {sorry|very sorry} for the {wait|inconvenience}.
        {Is there|Can I help with} anything else?
    """,
    bot_lines="""
        Hello, I am the {digital|virtual} assistant. {Please describe|What is} your question{?|.}
        Did you mean: 1. policies 2. {claims|claim status} 3. {invoices|changes}
        Sorry, I did not {understand|get that}. Please {rephrase|say it again}.
        You {can|will} find this in the app under {"Me"|"Policies"}.
        All {agents|colleagues} are busy. Please {hold|wait}.
    """,
    filler="""
        {Yes|Right|Ok}.
        {Ok|Fine}, I'll wait.
        {It is|The number is} <ref>.
        How long {will it take|is that}?
        {No|Nothing else}{, that's all|}.
        {I'll say|Let me say} it again.
    """,
    personal_data="""
        . My ID is <id_number>
        , my {mobile|number} is <mobile>
        , card <card>
        , the plate is <plate>
        , mail me at <email>
    """,
)
"""The English phrase book."""

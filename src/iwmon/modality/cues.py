"""The cue words of each language (method.md §2, "Shared cue words", extended).

A cue is one word or more, written as printed and folded when read; `*` leaves an ending open. The senses:

- `denied` and `historical`; `year`, a past year, is found by its number;
- `past`: what follows is background of the report, such as "after leading" the protests;
- `exercise`;
- `doubt`: somebody is not sure that it is so; `possible`: it may come to be, which declarations are about;
- `claimed`;
- `negated`: a plain "no", right before what it negates; `undone`: a negated verb, on either side of it;
- `nothing`: words that hold a cue and mean something else, such as "did not deny".

The longest cue that begins at a word is the one that is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Sense = Literal[
    "denied",
    "historical",
    "year",
    "past",
    "exercise",
    "doubt",
    "possible",
    "claimed",
    "negated",
    "undone",
    "nothing",
]

CUES: Mapping[str, Mapping[Sense, str]] = {
    "en": {
        "denied": """
            denies, denied, deny, denying, denial, denials, fake, fakes, hoax, refut*, debunk*, dismissed
            reports, dismissed claims, dismissed rumours, dismissed rumors, not confirmed, unconfirmed, no
            confirmation, not true, untrue, false claim*, false report*, false rumo*, falsely, rules out,
            ruled out, rule out, ruling out, no evidence, no sign of, no signs of, no indication*, no plans,
            has no plan, no intention, does not plan, do not plan, doesn't plan, don't plan, not planning,
            does not intend, do not intend, no reason to believe, baseless, unfounded, fact check, dismisses
            reports, dismisses claims, dismisses rumours, dismissed as, fake news, fake report*, fake
            claim*, fake video*, fake photo*, fake image*, fake quote*
            """,
        "historical": """
            anniversary, anniversaries, years ago, decades ago, on this day, remembered, remembering,
            obituary, history of, years on, in the 1990s, in the 1980s, in the soviet era, last century,
            commemorat*, decades later, years later
            """,
        "past": """
            years after, years since, months after, after leading, for leading, who led, who had led, helped
            lead, helped to lead
            """,
        "exercise": """
            exercise, exercises, drill, drills, training, manoeuvres, maneuvers, manoeuvre, maneuver, war
            game*, wargame*
            """,
        "doubt": """
            allegedly, alleged, reportedly, rumour*, rumor*, unverified, supposedly, purportedly, purported,
            speculation, speculates, unclear if, unclear whether, unlikely
            """,
        "possible": """
            mulling, weighing, hinting, mull, demands, demanded, seeks to, aims to, prospect of, bracing
            for, brace for, may, might, could, would, if, plans, planning to, plans to, plan to, planned,
            plans for, considers, considering, consider, ready to, ready for, threatens, threatened,
            threatening, threaten, prepares to, preparing to, prepare to, prepares for, prepare for,
            preparing for, prepared to, warns of, warned of, warning of, risk of, risks, fear of, fears of,
            fears, possible, possibly, possibility, potential, potentially, likely, probably, perhaps, will,
            intends to, intend to, about to, set to, expected to, poised to, vows to, wants to, want to,
            urges, urged, calls for, called for, calls on, proposes, proposed, proposal, what if, in case
            of, in the event of, scenario*, threat of, unless, whether, mulls, weighs, should, hopes to,
            promises to, promised to, promise to, pledges to, pledged to, vowed to
            """,
        "claimed": """
            claims, claimed, claim, claiming, alleges, alleging, accuses, accused, accuse, accusing, says it
            has evidence, accusation*, allegation*
            """,
        "negated": """
            no, not, never, without, nor, neither, zero, cannot, is not, isn't, are not, aren't, was not,
            wasn't, were not, weren't, do not, don't, does not, doesn't, did not, didn't, has not, hasn't,
            have not, haven't, had not, can not, can't, could not, couldn't
            """,
        "undone": """
            will not, won't, would not, wouldn't, refuses to, refused to, refuse to, no longer plans,
            decided not to, has decided not to, vowed not to, vows not to, promised not to, promises not to
            """,
        "nothing": """
            was training, were training, is training, are training, been training, so as not to, order not
            to, not true that, never before, not seen, not yet, not since, no sooner, no surprise, no
            stranger, no end, no exception, last will, at will, if you, fake flag*, military training for,
            most likely to, did not deny, didn't deny, does not deny, doesn't deny, not denied, not deny,
            not denying, do not deny, neither confirm* nor den*, neither confirm* nor deny, cannot be
            denied, no denial, denied entry, denied bail, denied access, denied a visa, denied visa*, denied
            asylum, denied boarding, denied her right*, denied his right*, denied their right*, denied them,
            denied rights, denied permission, denied landing, denied parole, denied medical, denied
            medicine, denied treatment, denied contact, denied lawyer*, denied a lawyer, denied the right,
            denied food, deny entry, deny access, deny visa*, denies entry, denies access, denies visa*,
            denying access, denying entry, self denial, fake passport*, fake document*, fake visa*, fake
            news law*, fake covid, fake account*, fake id, not only, no only, not just, not merely, no
            longer, no doubt, not least, no one, no matter, no fly zone, no fly, not far, no less, no fewer,
            no more than, why not, whether or not, or not, not to mention, no 1, no 10, will power, free
            will, training ground*, training centre*, training center*, training camp*, training range*, not
            rule out, not ruled out, not ruling out, doesn't rule out, can't rule out, cannot rule out,
            cannot be ruled out, can't be ruled out, would be, if only, no reason not, holocaust denial,
            fact checked, without precedent, without doubt, not yet clear, climate denial, de facto
            recogni*, if not, as if, even if, exercise restraint, exercise caution, exercise control,
            exercise power*, exercise the right, exercise their right*, exercise his right*, claimed the
            lives, claims lives, claimed lives, claim asylum, claimed asylum, oil drill*, fire drill*, asked
            not to, urged not to, told not to, decided not to mention, exercises caution, exercises control,
            exercises restraint, exercises power*, exercising*, exercised, rule out connection, rule out a
            connection, ruled out a connection, ruled out connection, rule out a link, ruled out a link,
            never seen, who don't, not enough, fake news on, fake news about, training base*, base training,
            without borders, without warning, no leniency, ready to go, combat ready, refuses to rule out,
            refused to rule out, not excluded, does not exclude, did not exclude, no comment, no wonder, no
            secret
            """,
    },
    "ru": {
        "denied": """
            опроверг*, опроверж*, отрица*, фейк*, фэйк*, не подтвер*, ложн*, не соответствует
            действительности, не планиру*, не намерен*, не собира*, нет планов, вброс*, разоблач*, нет
            подтвержд*, не получил* подтвержд*, неправда, неправду, неправдой, неправдив*, назвал*
            дезинформацией, исключил* возможн*, исключил* вероятн*, исключа* возможн*, исключил* отправку,
            исключил* ввод, исключил* участие, исключил* мобилизац*
            """,
        "historical": """
            годовщин*, лет назад, года назад, год назад, десятилети* назад, в этот день, летие, летия,
            летию, история создания, некролог, памяти жертв, вспомина*, во времена ссср, в советское время,
            в прошлом веке
            """,
        "past": "лет после, года после, после подавления, возглавлявш*",
        "exercise": """
            учения, учений, учениям, учениях, учениями, учение, учению, учением, манёвры, маневров,
            маневрах, тренировк*, тренировочн*, учебно боев*, военные сборы, военных сборов
            """,
        "doubt": """
            якобы, слух*, предположительно, вроде бы, как сообщается, непроверенн*, неподтвержденн*, будто,
            маловероятн*
            """,
        "possible": """
            может, могут, могла, могли, мог, могло, можем, смогут, возможно, возможн*, если, планиру*, план,
            планы, планах, планов, угрожа*, угроз*, пригрозил*, готов, готова, готовы, готово, готовит*,
            готовятся, намерен*, собира*, вероятн*, вероятно, предупрежда*, предупредил*, риск*, будет,
            будут, хочет, хотят, рассматрива*, в случае, опаса*, бы, призвал*, призыва*, предложил*,
            предлага*, потенциальн*, допустил*, допуска*, ли, ожидается, ожидают, обеща*, пообеща*
            """,
        "claimed": "утвержда*, обвин*, заявил* о наличии доказательств, есть доказательства",
        "negated": "не, нет, без, ни, не может, не могут",
        "undone": """
            не будет, не будут, нет, не было, не состоит*, не готов*, отказал* от, отказыва* от, не
            отправит, не отправят, не введет, не введут, не вступит, не вступят, не пошлет, не объяв*
            """,
        "nothing": """
            призвал* на службу, призвал* на сборы, призвал* на военные сборы, призвал* резервистов на,
            призвал* запасников на, призвал* военнообязанных на, призыва* на службу, призыва* на сборы,
            призыва* на военные сборы, призыва* резервистов на, призыва* запасников на, призыва*
            военнообязанных на,
            чтобы не, еще не, не так, не без, не удалось, чуть не, если бы не, не зря, не опроверг*, не
            отрица*, не исключ*, нельзя исключ*, не только, не просто, не менее, не более, не раз, не
            позднее, отказано, отказ* во въезде, отказ* в въезде, фейк* паспорт*, фейк* документ*, ложн*
            документ*, ложн* минирован*, ложн* вызов*, фейк* о вс, закон* о фейк*, дел* о фейк*, без
            исключен*, не может не, нет сомнени*, учебно* завед*, учебно* год*, не так давно, не впервые,
            может быть отменен*, если не ошиба*, не позже, едва ли не, не бо*, не вер*, не обеспоко*, не
            комментир*, не поддерж*, не осуд*, не осужд*, не призна*, не смог*, не сможет, не зна*, не
            ответил*, не говор*, без границ, не скрыва*, без предупреждения, может быть не
            """,
    },
    "be": {
        "denied": """
            абверг*, абвярг*, абвяр*, адмаўля*, адмаўл*, фэйк*, фейк*, не пацвер*, не пацвяр*, хлусн*, не
            плану*, не збіра*, няма планаў, няпраўда, няпраўду, няпраўдзів*, назва* дэзінфармацыяй, выключыў
            магчым*, выключае магчым*
            """,
        "historical": """
            гадавін*, гадоў таму, гады таму, год таму, у гэты дзень, годдзе, годдзя, некралог, памяці ахвяр,
            прыгадва*, угодкі, угодкаў, у савецкі час, у мінулым стагоддзі
            """,
        "past": "гадоў пасля, гады пасля, пасля падаўлення, пасля задушэння",
        "exercise": "вучэнн*, вучэньн*, вучэнь*, вучэнні, вучэньні, вучэбн*, манеўр*, манэўр*, трэніроўк*",
        "doubt": """
            нібыта, быццам, чутк*, меркавана, як паведамляецца, неправеран*, непацверджан*, малаверагодн*
            """,
        "possible": """
            можа, могуць, маглі, мог, магла, магло, магчыма, магчым*, плану*, план, планы, пагража*,
            пагроз*, прыгразі*, гатовы, гатовая, гатовыя, рыхту*, збіра*, верагодн*, папярэджва*,
            папярэдзі*, рызык*, будзе, будуць, хоча, хочуць, разгляда*, у выпадку, заклік*, прапану*,
            прапанава*, патэнцыйн*, бы, б, калі б, чакаецца, абяца*, паабяца*
            """,
        "claimed": "сцвярджа*, сцьвярджа*, абвінава*, абвінавач*, мае доказы, абвінаваці*",
        "negated": "не, няма, без, ні, не можа, не могуць",
        "undone": """
            не будзе, не будуць, няма, не было, не гатов*, адмовіў* ад, адмовіл* ад, не адправіць, не
            ўвядзе, не ўступіць, не накіруе
            """,
        "nothing": """
            каб не, яшчэ не, не так, не без, не ўдалося, не абверг*, не абвярг*, не адмаўля*, не выключ*,
            нельга выключ*, не толькі, не проста, не менш, не больш, не раз, адмоўлена, адмовіл* ва ўездзе,
            адмовілі ва ўездзе, фэйкав* пашпарт*, фэйкав* дакумент*, вучэбн* год*, не пазней, няма сумнен*,
            калі ласка, не ба*, не вер*, не камент*, не падтрым*, не асудз*, не прызна*, не змог*, не зможа,
            не ведае, без межаў, не хава*
            """,
    },
    "uk": {
        "denied": """
            спростов*, спросту*, заперечу*, заперечи*, фейк*, не підтвер*, не відповіда* дійсності, брехн*,
            не плану*, не збира*, немає планів, не має наміру, ознак не виявлено, не виявлено ознак, не
            зафіксовано, не фіксу*, без ознак, ознак формування, неправда, неправду, неправдив*, назва*
            дезінформацією, виключив можлив*, виключила можлив*, виключа* можлив*
            """,
        "historical": """
            річниц*, роковин*, років тому, роки тому, рік тому, цього дня, річчя, некролог, памяті жертв,
            пригаду*, за радянських часів, у минулому столітті
            """,
        "past": "років після, роки після, після придушення",
        "exercise": "маневри, маневрів, маневрах, тренуван*, навчан*",
        "doubt": """
            нібито, начебто, чутк*, ймовірно, імовірно, неперевірен*, непідтверджен*, мовляв, малоймовірн*,
            маловірогідн*
            """,
        "possible": """
            може, можуть, могли, міг, могла, могло, можливо, можлив*, якщо, плану*, план, плани, погрожу*,
            загрожу*, загроз*, пригроз*, готовий, готова, готові, готує, готують, готується, готуються, має
            намір, мають намір, збира*, вірогідн*, ймовірн*, імовірн*, попереджа*, попереди*, ризик*, буде,
            будуть, хоче, хочуть, розгляда*, у разі, в разі, заклика*, закликав*, пропону*, запропонув*,
            потенційн*, би, б, побоюю*, очікується, обіця*, пообіця*
            """,
        "claimed": "стверджу*, звинувач*, обвинувач*, має докази, звинуват*, обвинуват*",
        "negated": "не, немає, нема, без, ні, жодн*, не може, не можуть",
        "undone": """
            не буде, не будуть, немає, нема, не було, не готов*, відмовив* від, відмовля* від, не
            відправить, не відправлять, не введе, не вступить, не вступлять, не оголо*
            """,
        "nothing": """
            щоб не, ще не, не так, не без, не вдалося, ледь не, якби не, не спростов*, не спросту*, не
            заперечу*, не заперечи*, не виключ*, не можна виключ*, не лише, не тільки, не просто, не менше,
            не більше, не раз, відмовлено, відмовил* у в'їзді, фейков* паспорт*, фейков* документ*, немає
            сумнів*, не пізніше, навчальн*, не бо*, не вір*, не коментув*, не підтрим*, не засудж*, не
            визна*, не зміг, не змогли, не зможе, не зможуть, не зна*, не заважа*, не говор*, не розголош*,
            без кордонів, не прихову*, без попередження
            """,
    },
    "pl": {
        "denied": """
            zaprzecz*, zdementow*, dementuj*, dementi, fałszyw*, fejk*, fake news, nie potwierdz*, nie
            planuj*, nie zamierza*, nie ma planów, nie ma dowodów, brak dowodów, nie ma oznak, nieprawda,
            nieprawdą, nieprawdziw*, wykluczył* możliwoś*, wyklucza możliwoś*, wyklucza udział, wykluczył*
            udział, wyklucza wysłani*, wykluczył* wysłani*, to fałsz, nazwał* dezinformacją
            """,
        "historical": """
            rocznic*, lat temu, lata temu, rok temu, tego dnia, lecie, lecia, nekrolog, upamiętn*, historia
            powstania, w czasach prl, w ubiegłym wieku, wspomnieni*
            """,
        "past": "lat po, lata po, po stłumieniu, lat od, lata od",
        "exercise": "ćwicz*, manewr*, trening*, szkoleni* wojskow*, szkoleni* poligon*",
        "doubt": """
            rzekom*, podobno, ponoć, plotk*, pogłosk*, domniem*, niepotwierdzon*, jakoby, prawdopodobnie,
            mało prawdopodobn*, nieprawdopodobn*, małoprawdopodobn*
            """,
        "possible": """
            może, mogą, mógł*, mogła, mogły, mogłoby, możliw*, jeśli, jeżeli, planuj*, plan, plany, planach,
            grozi, grożą, zagroził*, gotów, przygotowuj*, zamierza*, rozważa*, ryzyk*, ostrzega*, ostrzegł*,
            będzie, będą, chce, chcą, w razie, w przypadku, zagroż*, potencjaln*, wezwał*, wzywa*,
            proponuj*, zaproponow*, oczekuj*, obaw*, byłby, byłaby, gdyby, powinn*, apeluj*, obiecuj*,
            obieca*, gotowy, gotowa, gotowe, gotowi
            """,
        "claimed": "twierdz*, oskarż*, zarzuc*, ma dowody, mają dowody",
        "negated": "nie, bez, brak, żadn*, nie może, nie mogą, nie jest, nie są",
        "undone": """
            nie będzie, nie będą, nie ma, nie było, nie wyśle, nie wyślą, odmówił* udziału, odmawia, nie
            weźm*, nie wejd*, nie przystąpi*, nie ogłos*, nie jest to, nie są to, nie dojdzie
            """,
        "nothing": """
            wezwał* rezerwistów do, wezwał* rezerwistów na, wzywa* rezerwistów do, wzywa* rezerwistów na,
            by nie, aby nie, żeby nie, jeszcze nie, nie tak, nie bez, bez precedensu, nie wiadomo, bez
            zmian, nic nie, czy nie, nie zaprzecz*, nie dementuj*, nie zdementow*, nie wyklucz*, nie można
            wyklucz*, nie tylko, nie mniej, nie więcej, nie raz, nie ma wątpliwości, odmówiono, odmowa
            wjazdu, fałszyw* paszport*, fałszyw* dokument*, fałszyw* alarm*, nie później, być może nie, nie
            licząc, nie lada, nie boi, nie boją, nie wierzy, nie komentuj*, nie popiera, nie uzna*, nie wie,
            nie mówi, bez granic, zapytał czy, nie dziwi, nie ukrywa, nie ukrywał*
            """,
    },
    "lt": {
        "denied": """
            paneig*, neigia, neigė, neigti, melaging*, nepatvirt*, netiesa, neplanuoja, neketina, nėra
            planų, atmeta, atmetė kaltinimus, klastotė, nėra įrodymų, nėra požymių
            """,
        "historical": """
            metin*, prieš metus, metų sukaktis, sukakt*, tą dieną, nekrolog*, paminė*, minint, minėjo,
            sovietmečiu, praėjusiame amžiuje
            """,
        "past": "metų po, metams po, po numalšinimo",
        "exercise": "pratyb*, manevr*, treniruot*, karin* mokym*",
        "doubt": "esą, neva, tariam*, gandai, gandus, gandų, galbūt, nepatikrint*, mažai tikėtin*",
        "possible": """
            gali, galėtų, galės, galima, galim*, jei, jeigu, planuoj*, planas, planai, planus, grasin*,
            pagrasin*, pasireng*, pasiruoš*, ruošiasi, rengiasi, ketina, svarsto, įspėja, įspėjo, rizik*,
            grėsm*, bus, nori, tikėtin*, ragina, paragino, siūlo, pasiūlė, tikisi, baiminasi, turėtų, žada,
            pažadėjo
            """,
        "claimed": "teigia, teigė, kaltin*, apkaltin*, tvirtin*, turi įrodymų",
        "negated": "ne, be, jokių, jokios, jokio, nėra",
        "undone": """
            nebus, nėra, nebuvo, nesiųs, nesiuntė, nedalyvaus, nedalyvauja, nevyksta, nevyks, neskelbs,
            atsisako
            """,
        "nothing": """
            kad ne, dar ne, ne taip, ne visi, neneig*, nepaneig*, ne tik, neatmet*, ne kartą, ne mažiau, ne
            daugiau, be abejo, ne vėliau, melaging* pase, melaging* dokument*, klastot* pas*, neleista
            įvažiuoti
            """,
    },
}

CYRILLIC = ("ru", "be", "uk")

# A past year is history after these words ("in 2020"), not after "since" or "the".
BEFORE_YEAR = frozenset(("in", "during", "back", "w", "во", "в", "у"))

# Where another clause begins: what stands beyond is not planned, claimed or rehearsed by this one.
CONJUNCTIONS = frozenset(
    """
    as amid amidst while after but although though because despite following
    но хотя пока после поскольку але хоча поки після бо хаця пакуль пасля
    ale gdy podczas choc bo chociaz bet nors kol
    """.split()  # noqa: SIM905 - a list of words reads better as a line
)

# A question that begins with one of these takes the thing for granted: "Why do troops leave?"
TAKES_FOR_GRANTED = frozenset(
    """
    why what how who where when почему зачем что как кто где когда чаму што як хто дзе калі чому навіщо
    що де коли dlaczego co jak kto gdzie kiedy kodel kas kaip kur kada
    """.split()  # noqa: SIM905
)

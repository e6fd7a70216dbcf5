"""The words that say that somebody else says it, in six languages, folded when they are read."""

from __future__ import annotations

from iwmon.origins.passage import Phrases
from iwmon.query import fold


def _phrases(text: str) -> Phrases:
    found: dict[str, tuple[tuple[str, ...], ...]] = {}
    every = {tuple(fold(phrase).split()) for phrase in text.split("|")}
    for phrase in sorted(every, key=lambda phrase: (-len(phrase), phrase)):
        found[phrase[0]] = (*found.get(phrase[0], ()), phrase)
    return found


def _words(text: str) -> frozenset[str]:
    return frozenset(fold(text).split())


# The name follows, within prepositions.REACH words.
BEFORE_NAME = _phrases(
    "according to|citing|quoting|reported by|quoted by|"
    "со ссылкой на|ссылаясь на|по данным|по словам|по информации|по сообщению|по сообщениям|"
    "по версии|по оценке|"
    "са спасылкай на|са спасылкаю на|спасылаючыся на|паводле|па словах|па звестках|па інфармацыі|"
    "па дадзеных|"
    "з посиланням на|із посиланням на|посилаючись на|за даними|за словами|за інформацією|за повідомленням|"
    "według|powołując się na|zdaniem|w relacji|jak wynika z|pasak|anot|remdamasi|remdamasis|"
    "remiantis|cituojant"
)

# The name stands directly before, or after. Written as stems: any word that begins so.
SAYS = _words(
    "promises promised vows vowed threatens threatened admits admitted insists declares declared "
    "пообещал обещает пригрозил признал признала предупредил предупредила паабяцаў прызнаў папярэдзіў "
    "пообіцяв визнав попередив попередила stwierdził stwierdziła zapewnił zapewnia przyznał przyznała "
    "dodał dodała zaznaczył ostrzegł ostrzega ocenia ocenił "
    "said says say tells told announced announces claims claimed warns warned confirms confirmed "
    "states stated "
    "сказал сказала заявил заявила заявило заявили заявляет заявляют рассказал рассказала "
    "рассказали рассказывает утверждает "
    "утверждают подтвердил подтвердила подтвердили подтвердило объявил объявила объявили объявило "
    "заявіў заявіла заявілі заявіл сказаў сказала распавёў распавяла распавялі паведаміў абвясціў "
    "абвясціла абвясцілі "
    "заявив заявила заявили заявляє сказав розповів розповіла розповіли стверджує стверджують "
    "оголосив оголосила "
    "oświadczył oświadczyła oświadczyło oświadczyli powiedział powiedziała powiedzieli twierdzi "
    "twierdzą ogłosił ogłosiła "
    "ogłosiło zapowiedział zapowiedziała mówi "
    "teigia teigė sako pareiškė pasakė"
)
REPORTS = _words(
    "reports reported writes wrote "
    "powiadomił powiadomiła napisał napisała "
    "сообщает сообщают сообщил сообщила сообщило сообщили передает передают пишет пишут написал "
    "написала информирует "
    "паведамляе паведамляюць паведаміла паведаміў паведамілі паведаміл піша пішуць перадае перадаюць "
    "повідомляє повідомляють повідомив повідомила повідомило повідомили передає передають пише пишуть "
    "podaje podają podał podała podało poinformował poinformowała poinformowało poinformowali "
    "informuje informują pisze "
    "przekazał przekazała przekazało donosi donoszą "
    "praneša pranešė praneš skelbia skelbė rašo"
)
# "X accuses Y of it": X says it, unless X is "accused of" it.
ACCUSES = _words(
    "accuses accused обвинил обвинила обвинили обвиняет абвінаваціў абвінавачвае звинуватив звинувачує "
    "oskarżył oskarżyła oskarża apkaltino kaltina"
)
DENIES = _words(
    "denies denied deny "
    "опроверг опровергла опровергло опровергли опровергает опровергают отрицает отрицают отрицал "
    "абверг абвергла абверглі абвяргае абвяргаюць "
    "спростував спростувала спростувало спростували спростовує спростовують заперечив заперечила "
    "заперечує заперечили "
    "zaprzeczył zaprzeczyła zaprzeczyło zaprzecza zaprzeczają zaprzeczyli zdementował zdementowała "
    "zdementowało dementuje "
    "paneigė paneigia neigia"
)
VERBS = SAYS | REPORTS | DENIES | ACCUSES

# Verbs of somebody's mind or demand, the name directly before: "Łukaszenka oczekuje", "Putin calls for". They
# cite only at the beginning of a title. Not here: what a speaker does by speaking ("orders", "ogłasza"), and
# what an indeclinable name may suffer ("Лукашенко ожидает трибунал", "Лукашенко грозит тюрьма").
HOLDS = _phrases(
    "urges|demands|demanded|calls for|calls on|called for|called on|expects|hopes|believes|thinks|"
    "predicts|suggests|hints|insisted|pledges|pledged|argues|argued|acknowledges|boasts|complains|blames|"
    "rejects|dismisses|rules out|condemns|denounces|criticises|criticizes|slams|blasts|praises|hails|asks|"
    "appeals to|appeals for|proposes|reiterates|stresses|speaks out|"
    "ожидает что|требует|потребовал|потребовала|потребовали|призывает|призвал|призвала|призвали|надеется|"
    "рассчитывает|считает|считают|уверен|уверена|убежден|называет|назвал|назвала|назвали|предлагает|"
    "предложил|предложила|предложили|допускает|допустил|допустила|допустили|отвергает|отверг|отвергла|"
    "исключил|исключает|объяснил|объяснила|объяснили|пояснил|пояснила|пояснили|заверил|заверила|отметил|"
    "отметила|подчеркнул|подчеркнула|напомнил|напомнила|предсказал|спрогнозировал|похвастался|хвастается|"
    "раскритиковал|раскритиковала|раскритиковали|осудил|осудила|осудили|высказался|высказалась|"
    "прокомментировал|прокомментировала|прокомментировали|анонсировал|анонсировали|посоветовал|"
    "посоветовали|попросил|попросила|просит|говорит|предупреждает|предостерег|пожаловался|предположил|"
    "чакае|патрабуе|запатрабаваў|запатрабавала|заклікае|заклікаў|заклікала|пагражае|прыгразіў|спадзяецца|"
    "лічыць|упэўнены|называе|назваў|назвала|абяцае|папярэджвае|прапануе|прапанаваў|прапанавала|адкідае|"
    "адкінуў|патлумачыў|растлумачыў|адзначыў|падкрэсліў|выказаўся|пахваліўся|хваліцца|кажа|"
    "очікує що|вимагає|зажадав|закликає|закликав|закликала|закликали|погрожує|пригрозив|сподівається|вважає|"
    "впевнений|називає|назвав|назвала|обіцяє|попереджає|пропонує|запропонував|запропонувала|відкидає|"
    "відкинув|пояснив|пояснила|наголосив|наголосила|підкреслив|зазначив|зазначила|похвалився|хвалиться|"
    "каже|анонсував|припустив|висловився|прокоментував|розкритикував|засудив|"
    "oczekuje|żąda|zażądał|zażądała|domaga się|apeluje|zaapelował|zaapelowała|wzywa|wezwał|wezwała|grozi|"
    "zagroził|zagroziła|zapowiada|potwierdza|potwierdził|krytykuje|skrytykował|komentuje|skomentował|"
    "obiecuje|obiecał|uważa|sądzi|ma nadzieję|liczy na|liczy że|przyznaje|zaznacza|podkreśla|podkreślił|"
    "przekonuje|sugeruje|odrzuca|odrzucił|wyklucza|wykluczył|deklaruje|zadeklarował|nazywa|nazwał|"
    "nazwała|proponuje|zaproponował|mówił|mówiła|"
    "tikisi|reikalauja|pareikalavo|ragina|paragino|grasina|pagrasino|įspėja|įspėjo|žada|pažadėjo|mano|siūlo|"
    "pasiūlė|atmeta|atmetė|vadina|pavadino|tvirtina|tvirtino|pripažįsta|pripažino"
)
# "X wants" is as often what another says of X: these cite only where the name opens the title, and in English
# not with "to": "wants guarantees" is a demand, "wants to divide" a reading of somebody's mind.
WANTS = _phrases("wants|chce|хочет|хоча|хоче|nori")
HOLDING = frozenset((*HOLDS, *WANTS))
# Of these, some are deeds by what stands behind them: "dismisses a minister" (and no claim), "призвал
# резервистов", "исключил его из совета" (and no possibility).
DISMISSES = _words("dismisses")
DISMISSED = tuple(
    _words(
        "claim report rumor rumour allegation accusation critici idea talk suggestion concern fear warning "
        "threat call proposal possibilit speculation notion sanction demand ultimatum"
    )
)
SUMMONS = _words("призвал призвала призвали призывает wzywa wezwał wezwała")
SUMMONED = tuple(
    _words(
        "резервист запасник запасных военнообязан призывник срочник новобран сборы службу "
        "rezerwist rezerwiś poborow ćwiczenia służby koszar jednostek"
    )
)
EXCLUDES = _words("исключил исключает wyklucza wykluczył")
OUT_OF = _words("из z ze")
POSSIBLE = tuple(_words("возможност вероятност możliwo"))
AS_PRINTED = frozenset({"sakė"})  # folded, it would be the English "sake"
AFTER_NAME = _words("duomenimis teigimu pranešimu žodžiais")  # Lithuanian: "BNS duomenimis"

ENGLISH = _words(
    "said says say tells told announced announces claims claimed warns warned confirms confirmed "
    "states stated reports "
    "reported writes wrote denies denied deny "
    "accuses accused promises promised vows vowed threatens threatened admits admitted "
    "insists declares declared"
)
PRONOUNS = _words(
    "he she they it who we i you он она они кто который которая які ён яна яны він вона вони який "
    "яка on ona oni który która "
    "jis ji jie kuris is was were be been been is are has have will would"
)

# Words that may stand between a name and the verb behind it.
FILLERS = _words(
    "news agency also has have had later again earlier today yesterday exclusively service officially on "
    "monday tuesday wednesday thursday friday saturday sunday "
    "агентство также уже вчера сегодня ранее снова официально таксама ужо учора сёння раней "
    "також уже вчора сьогодні раніше офіційно też już wczoraj dziś dzisiaj wcześniej oficjalnie "
    "również taip pat jau vakar "
    "šiandien anksčiau oficialiai in of the republic "
    "в во у ў w we понедельник вторник среду четверг пятницу субботу воскресенье "
    "панядзелак аўторак сераду чацвер пятніцу суботу нядзелю понеділок вівторок середу четвер неділю "
    "poniedziałek wtorek środę czwartek piątek sobotę niedzielę "
    "pirmadienį antradienį trečiadienį ketvirtadienį penktadienį šeštadienį sekmadienį"
)
PLACES = tuple(
    _words(
        "belarus белару белорус білорус russia росси росі расі ukrain украин україн украін рф рб сша usa "
        "poland "
        "polsk польш польщ lietuv lithuan"
    )
)

# A name behind one of these is spoken to or of, and speaks not itself.
NOT_THE_SPEAKER = _words(
    "with against about to from and or с со о об про к ко от и или з із зі да і або пра аб до від "
    "та od do z ze o i oraz su "
    "apie ir iš that после пасля після po для дзеля dla"
)
# Who speaks against the name behind it: "соперник Лукашенко заявил" is no word of Lukashenko.
OPPONENTS_OF = tuple(
    _words(
        "соперни оппонент противни критик апанент супернік праціўнік крытык опонент суперник противник "
        "przeciwni oponent rywal krytyk"
    )
)
# Words before a name by which its clause is no report of what it says.
NOT_THE_REPORT = _words(
    "as after before while when if why what how who whether that because since amid opinion analysis expert "
    "experts analyst analysts critics media as says say said claims "
    "как что почему зачем когда если пока после кто чем ли сми эксперт эксперты політолог политолог "
    "як што чаму калі хто чым эксперт палітолаг що чому коли якщо хто змі зьмі "
    "jak co dlaczego gdy kiedy jeśli kto że czy czym ekspert eksperci politolog opinia analiza "
    "kaip kas kodėl kai kad jei ar ekspertas"
)
AND = _words("and i и і й oraz ir")
BEFORE_NOUN = _words("the of these those such all any false media")  # "rejects the claims" is no verb
# Endings in Latin letters of whom something befalls: "Łukaszence grozi więzienie".
BEFALLEN = tuple(_words("enki enkę ence iego iemu inem inowi kremla kremlu kremlowi enkos enkai ino inui"))
# Of a heading before a colon that names the subject and no speaker: "Ukraine war: Zelensky calls for …".
HEADINGS = tuple(
    _words(
        "war crisis live updates tensions watch breaking news nuclear война войн вайна вайн війна війн wojn "
        "kryzys karas pilne granic"
    )
)
SPOKESMEN = _words("секретарь секретар сакратар sekretarz prasowy sekretorius пресс прэс прес")
PHOTOS = _words("photo photos image picture фото фота zdjęcie fot nuotr video видео відео архив")

OF = _words("of by в у o по")  # behind "accused"
# Endings of a man who is spoken of; or of a woman who speaks.
OF_HIM = tuple(_words("ина іна ова ева ого его ога"))
INDECLINABLE = tuple(_words("ко"))  # one man's name in all cases, beside a verb of many
MANY_SPEAK = tuple(_words("ли лі"))
OURS = _words("нас наш нашем нашому нашым our naszym подписывайтесь підписуйтесь падпісвайцеся")
OBLIQUE = tuple(_words("у ю ым ом ому ему им ім"))  # endings in Cyrillic of whom one speaks to or with
HIS = tuple(_words("his her its their own свое своё сваі сваё своє swoi savo"))

# What names that nobody configured look like.
SITE_ENDS = _words(
    "com org net by ru ua pl lt lv ee eu info news media io online tv me uk de live press today"
)
CONNECTORS = _words("of the and for de и і й")
ADJECTIVES = tuple(_words("ian ish ern ese can ench nior ский ских скага ських"))  # how a lone one ends
NO_NAMES = _words(
    "monday tuesday wednesday thursday friday saturday sunday "
    "facebook сми змі смі media twitter reddit instagram youtube tiktok "
    "january february march april may june july august september october november december"
)

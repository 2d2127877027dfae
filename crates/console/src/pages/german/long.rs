//! Sentences.

pub(super) const WORDS: &[(&str, &str)] = &[
    (
        "Another end, or another maintenance status; the packs are signed anew. Nothing is renewed yet: first you see what comes of it.",
        "Ein anderes Ende oder eine andere Wartung; die Lizenzpakete werden neu signiert. Noch wird nichts verlängert: zuerst sehen Sie, was daraus wird.",
    ),
    (
        "Another status than now gives another Configuration ID, and the old one is retired.",
        "Ein anderer Stand als jetzt gibt eine andere Configuration ID, und die alte wird stillgelegt.",
    ),
    (
        "What a site asks for comes as a file of its case. It is taken once, and opens a case here; who asked there has none of the powers here.",
        "Was ein Standort anfragt, kommt als Datei seines Falls. Sie wird einmal angenommen und öffnet hier einen Fall; wer dort gefragt hat, hat hier keine der Rechte.",
    ),
    (
        "With the link {} sets a first password and signs in. Whoever has the link can: give it to nobody else.",
        "Mit dem Link setzt {} ein erstes Passwort und meldet sich an. Das kann jeder, der den Link hat: geben Sie ihn niemandem sonst.",
    ),
    (
        "For a calendar program: the address of this link, which is yours alone and ends with your personal token",
        "Für ein Kalenderprogramm: die Adresse dieses Links, die nur Ihnen gehört und mit Ihrem persönlichen Token endet",
    ),
    (
        "For a calendar program: make a personal token, and an address for it is here",
        "Für ein Kalenderprogramm: Legen Sie ein persönliches Token an, dann steht hier eine Adresse dafür",
    ),
    (
        "A line without a feature is passed over. Nothing is ordered yet: first you see how it is split into configurations.",
        "Eine Zeile ohne Feature wird übergangen. Noch ist nichts bestellt: zuerst sehen Sie die Aufteilung in Konfigurationen.",
    ),
    (
        "A personal token proves who you are without a password: on workstations that take your named seat, to the JSON API, and to programs that read your reminders.",
        "Ein persönliches Token beweist ohne Passwort, wer Sie sind: auf Arbeitsplätzen, die Ihren persönlichen Platz nehmen, der JSON-API und Programmen, die Ihre Erinnerungen lesen.",
    ),
    (
        "A serial or install number, a Configuration ID, a case, order, pack, subscription or invoice, an e-mail, a host or a company.",
        "Eine Serien- oder Installationsnummer, eine Configuration ID, ein Fall, eine Bestellung, ein Paket, ein Abonnement oder eine Rechnung, eine E-Mail-Adresse, ein Host oder eine Firma.",
    ),
    (
        "A workstation takes your seat when it shows your personal token: run seatkeeper login there.",
        "Ein Arbeitsplatz nimmt Ihren Platz, wenn er Ihr persönliches Token zeigt: rufen Sie dort seatkeeper login auf.",
    ),
    ("Active licenses of company {}", "Aktive Lizenzen der Firma {}"),
    ("Address and contact of company {}", "Adresse und Ansprechpartner der Firma {}"),
    (
        "All of it was converted before: nothing would be issued.",
        "Alles wurde schon umgestellt: es würde nichts ausgestellt.",
    ),
    (
        "An estate of serial and install numbers becomes Configuration IDs. Serial numbers stay attached, and no count changes.",
        "Aus einem Bestand von Serien- und Installationsnummern werden Configuration IDs. Seriennummern bleiben zugeordnet, und keine Anzahl ändert sich.",
    ),
    (
        "Another set of modules, maintenance, a newer version: in your words.",
        "Andere Module, Wartung, eine neuere Version: in Ihren Worten.",
    ),
    ("Answer the request for the license tools", "Die Anfrage nach den Lizenzwerkzeugen beantworten"),
    ("Ask for the license tools", "Lizenzwerkzeuge anfragen"),
    ("Ask the vendor to convert it", "Den Hersteller um die Umstellung bitten"),
    ("Back to the license and its users", "Zurück zur Lizenz und ihren Benutzern"),
    (
        "Configuration IDs that were given before are reserved: the ledger never gives them again.",
        "Configuration IDs, die schon vergeben waren, werden reserviert: sie werden nie wieder vergeben.",
    ),
    ("Download the report as CSV", "Den Bericht als CSV herunterladen"),
    ("Empty: permanent.", "Leer: unbefristet."),
    ("Give the license tools", "Lizenzwerkzeuge geben"),
    ("Have it configured otherwise", "Anders konfigurieren lassen"),
    ("Have licenses configured otherwise", "Lizenzen anders konfigurieren lassen"),
    ("Install a license pack", "Lizenzpaket installieren"),
    ("Install the vendor's answer", "Die Antwort des Herstellers installieren"),
    ("Issue the new pack", "Das neue Paket ausstellen"),
    ("Issue the pack of a moved license", "Das Paket einer verlagerten Lizenz ausstellen"),
    ("Issue without a receipt", "Ohne Quittung ausstellen"),
    ("It gives nothing on this host.", "Es gibt auf diesem Host nichts."),
    ("It has no files.", "Er hat keine Dateien."),
    (
        "It is the login. Who is added begins without privileges.",
        "Sie ist der Anmeldename. Wer hinzugefügt wird, beginnt ohne Rechte.",
    ),
    ("Licenses on their way from one host to another", "Lizenzen auf dem Weg von einem Host zum anderen"),
    ("Licenses whose seats are given to people", "Lizenzen, deren Plätze an Personen vergeben werden"),
    (
        "No case yet: every request that you make is one, with a number.",
        "Noch kein Fall: jede Ihrer Anfragen ist einer, mit einer Nummer.",
    ),
    ("No license is being moved.", "Keine Lizenz wird verlagert."),
    (
        "No license is in force for this company. Install a license pack, or order licenses.",
        "Für diese Firma ist keine Lizenz in Kraft. Installieren Sie ein Lizenzpaket, oder bestellen Sie Lizenzen.",
    ),
    (
        "No license pack was signed or installed for this company yet.",
        "Für diese Firma wurde noch kein Lizenzpaket signiert oder installiert.",
    ),
    (
        "No license with named seats is in force for this company; the seats of the others are taken by whoever comes.",
        "Für diese Firma ist keine Lizenz mit persönlichen Plätzen in Kraft; die Plätze der anderen nimmt, wer kommt.",
    ),
    (
        "No named seat is yours. Ask your company's Licensing people to assign you one.",
        "Kein persönlicher Platz gehört Ihnen. Bitten Sie die Licensing-Leute Ihrer Firma, Ihnen einen zuzuweisen.",
    ),
    (
        "No supervisor is named yet. Naming one takes nothing away from the contacts that are there; people who are added later begin without privileges.",
        "Noch ist kein Supervisor benannt. Die Benennung nimmt den vorhandenen Ansprechpartnern nichts; wer später hinzukommt, beginnt ohne Rechte.",
    ),
    (
        "No supervisor is named yet: the vendor names the first one. Until then nobody can give privileges.",
        "Noch ist kein Supervisor benannt: den ersten benennt der Hersteller. Bis dahin kann niemand Rechte geben.",
    ),
    ("Nobody belongs to this company yet.", "Noch gehört niemand zu dieser Firma."),
    (
        "Nobody has a seat of it yet: assign a user.",
        "Noch hat niemand einen Platz: weisen Sie einen Benutzer zu.",
    ),
    (
        "Nobody yet; whoever is on the license host may do both.",
        "Noch niemand; wer auf dem Lizenzrechner ist, darf beides.",
    ),
    ("None at all where one address is bad", "Gar keine, wenn eine Adresse falsch ist"),
    ("Not past the end of the license: {}.", "Nicht über das Ende der Lizenz hinaus: {}."),
    (
        "Not past the end of the license: {}. Empty: as long as the license.",
        "Nicht über das Ende der Lizenz hinaus: {}. Leer: so lange wie die Lizenz.",
    ),
    (
        "Nothing can be converted: {} findings. Mend them in the file.",
        "Nichts kann umgestellt werden: {} Befunde. Beheben Sie sie in der Datei.",
    ),
    ("Nothing happened yet.", "Noch ist nichts geschehen."),
    (
        "Nothing here has that text in it. Search for less of it, or for nothing.",
        "Nichts hier enthält diesen Text. Suchen Sie nach weniger davon oder nach nichts.",
    ),
    (
        "Nothing is installed yet: first you see what it would change.",
        "Noch wird nichts installiert: zuerst sehen Sie, was sich ändern würde.",
    ),
    ("Nothing that you may see ends.", "Nichts, was Sie sehen dürfen, endet."),
    (
        "Nothing that you may see has that number, address or name, or begins with it.",
        "Nichts, was Sie sehen dürfen, hat diese Nummer, Adresse oder diesen Namen oder beginnt damit.",
    ),
    ("Nothing was ordered yet.", "Noch wurde nichts bestellt."),
    ("Nothing would change.", "Nichts würde sich ändern."),
    (
        "On each of your workstations run seatkeeper login, and give it there.",
        "Rufen Sie auf jedem Ihrer Arbeitsplätze seatkeeper login auf, und geben Sie es dort ein.",
    ),
    (
        "One a line, host id and key: ID=KEY. The packs are bound to them; a host whose key is known needs none.",
        "Je Zeile einer, Kennung und Schlüssel: ID=KEY. Die Pakete werden daran gebunden; ein Host mit bekanntem Schlüssel braucht keinen.",
    ),
    (
        "One a line: 5 HOST-ID. Of locked seats one workstation's id a line.",
        "Je Zeile: 5 HOST-ID. Bei gebundenen Plätzen je Zeile die Kennung eines Arbeitsplatzes.",
    ),
    (
        "One or many, separated by comma, semicolon or line break.",
        "Eine oder viele, getrennt durch Komma, Semikolon oder Zeilenumbruch.",
    ),
    ("The company has no license yet.", "Die Firma hat noch keine Lizenz."),
    (
        "The configurations that this comes to, as of now",
        "Die Konfigurationen, die sich daraus ergeben, Stand jetzt",
    ),
    ("The estate has no rows.", "Der Bestand hat keine Zeilen."),
    (
        "The line that seatkeeperd init printed there; the new pack is bound to it.",
        "Die Zeile, die seatkeeperd init dort ausgab; das neue Paket wird daran gebunden.",
    ),
    (
        "The next pack of host {} will say that this one is void.",
        "Das nächste Paket des Hosts {} wird sagen, dass dieses ungültig ist.",
    ),
    (
        "The old column is named by it; empty: October 20, 1997.",
        "Die alte Spalte heißt danach; leer: 20. Oktober 1997.",
    ),
    (
        "The vendor splits it into configurations when it is issued.",
        "Der Hersteller teilt sie in Konfigurationen auf, wenn sie ausgestellt wird.",
    ),
    (
        "There is more: write more of what you know.",
        "Es gibt mehr: schreiben Sie mehr von dem, was Sie wissen.",
    ),
    (
        "There is no company yet: make the first one below.",
        "Noch gibt es keine Firma: legen Sie unten die erste an.",
    ),
    (
        "There is one at a time: a new one ends the one before. It is shown once.",
        "Es gibt jeweils eines: ein neues beendet das vorige. Es wird einmal gezeigt.",
    ),
    (
        "There is one supervisor. Where that person is away, nobody can give privileges: make another one.",
        "Es gibt einen Supervisor. Ist diese Person nicht da, kann niemand Rechte geben: machen Sie noch jemanden dazu.",
    ),
    (
        "This form was sent already: it was done once.",
        "Dieses Formular wurde schon abgeschickt: es wurde einmal ausgeführt.",
    ),
    (
        "This host gives them up for good, and its old packs will not be served again",
        "Dieser Host gibt sie endgültig ab, und seine alten Pakete werden nie wieder bedient",
    ),
    ("This host serves nothing for the company.", "Dieser Host bedient nichts für die Firma."),
    (
        "This host signs a receipt for what it gives up. The vendor issues the pack for the new host against it; the case has both.",
        "Dieser Host signiert eine Quittung für das, was er abgibt. Dagegen stellt der Hersteller das Paket für den neuen Host aus; der Fall hat beides.",
    ),
    (
        "This is case {}: follow it under that number.",
        "Das ist Fall {}: verfolgen Sie ihn unter dieser Nummer.",
    ),
    (
        "This is your personal token. It is not shown again.",
        "Das ist Ihr persönliches Token. Es wird nicht wieder gezeigt.",
    ),
    (
        "This pack cannot be installed here. Nothing was changed.",
        "Dieses Paket kann hier nicht installiert werden. Nichts wurde geändert.",
    ),
    ("What is odd, and stays as it is", "Was ungewöhnlich ist und so bleibt"),
    ("What it gives on this host", "Was es auf diesem Host gibt"),
    ("What the JSON API has", "Was die JSON-API hat"),
    ("What this host serves for the company", "Was dieser Host für die Firma bedient"),
    ("What this pack would change", "Was dieses Paket ändern würde"),
    ("What was found, and what would be otherwise", "Was gefunden wurde und was anders wäre"),
    ("What you need them for", "Wofür Sie sie brauchen"),
    (
        "Where the vendor's desk orders, it is issued and signed at once; else it waits for the vendor's desk.",
        "Bestellt der Herstellerschalter, wird sofort ausgestellt und signiert; sonst wartet sie auf ihn.",
    ),
    (
        "Who buys is assigned to the first named license of it.",
        "Wer kauft, wird der ersten persönlichen Lizenz davon zugewiesen.",
    ),
    ("Whom the vendor writes to.", "An wen der Hersteller schreibt."),
    ("Why there is no receipt", "Warum es keine Quittung gibt"),
    ("With blanks between them.", "Mit Leerzeichen dazwischen."),
    (
        "With the license tools you see, install and move your company's licenses. The request is a case that you can follow.",
        "Mit den Lizenzwerkzeugen sehen, installieren und verlagern Sie die Lizenzen Ihrer Firma. Die Anfrage ist ein Fall, den Sie verfolgen können.",
    ),
    ("With the old host's receipt", "Mit der Quittung des alten Hosts"),
    (
        "You are reminded {} days before. As a calendar with the same alarms:",
        "Sie werden {} Tage vorher erinnert. Als Kalender mit denselben Erinnerungen:",
    ),
    ("Your new personal token", "Ihr neues persönliches Token"),
    (
        "installs, moves and configures licenses and assigns them; does not include Reporting",
        "installiert, verlagert und konfiguriert Lizenzen und weist sie zu; schließt Reporting nicht ein",
    ),
    (
        "manages the privileges of the company's people, and nothing else",
        "verwaltet die Rechte der Personen der Firma und sonst nichts",
    ),
    (
        "sees licenses, reports and packs; changes nothing",
        "sieht Lizenzen, Berichte und Pakete; ändert nichts",
    ),
    (
        "{} loses the seat of {} that lasts from {} through {}. Where it is in use, it ends within 5 seconds.",
        "{} verliert den Platz von {}, der vom {} bis einschließlich {} gilt. Wird er benutzt, endet er innerhalb von 5 Sekunden.",
    ),
    ("{} rows of {}; the report has all.", "{} Zeilen von {}; der Bericht hat alle."),
    (
        "{} will not work for company {} any more. The account stays, and named seats stay until they are revoked.",
        "{} wird nicht mehr für Firma {} arbeiten. Das Konto bleibt, und persönliche Plätze bleiben, bis sie entzogen werden.",
    ),
    (
        "{}. Nothing was changed; below is how it is now.",
        "{}. Nichts wurde geändert; unten steht, wie es jetzt ist.",
    ),
];

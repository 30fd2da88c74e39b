# Stiward y cyfeiriadur.
page-steward-title = Cyfeiriadur
steward-heading = Y cyfeiriadur
steward-services = { $count ->
    [one] Gellir dod o hyd i { $count } gwasanaeth.
   *[other] Gellir dod o hyd i { $count } o wasanaethau.
}
steward-import = Mewnforio ffeil
steward-import-what = Ffrwd Open Referral UK (JSON) neu zip o dablau HSDS. Mewnforir y cyfan neu ddim. Mae gwasanaethau nad ydynt yn y ffeil yn aros.
steward-waiting = Yn aros amdanoch
steward-nothing-waits = Nid oes dim yn aros.
steward-rows = { $count ->
    [one] { $count } rhes wedi’i rhoi o’r neilltu
   *[other] { $count } o resi wedi’u rhoi o’r neilltu
}
steward-why = Pam
steward-feed = Ffrwd
steward-row = Rhes
steward-since = Ers
steward-reason-repeated_id = Yr un dynodydd â rhes gynharach
steward-reason-no_name = Dim enw
steward-reason-not_a_service = Nid yw’n wasanaeth
steward-reason-address_withheld = Cyfeiriad wedi’i ddal yn ôl
steward-because-marked_by_feed = Cyfeiriad wedi’i ddal yn ôl: mae’r ffrwd yn dweud na ddylid ei ddangos
steward-because-kind_of_service = Cyfeiriad wedi’i ddal yn ôl: nid oes gan y math hwn o wasanaeth gyfeiriad cyhoeddus byth
steward-because-classified = Cyfeiriad wedi’i ddal yn ôl: mae ei ddosbarthiad yn dweud ei fod yn cartrefu pobl sy’n ffoi
steward-because-name = Cyfeiriad wedi’i ddal yn ôl: mae ei enw’n dweud ei fod yn cartrefu pobl sy’n ffoi
steward-because-offers_housing = Cyfeiriad wedi’i ddal yn ôl: mae ei ddisgrifiad yn dweud ei fod yn cartrefu pobl sy’n ffoi
steward-because-mentions_housing = Cyfeiriad wedi’i ddal yn ôl: mae ei ddisgrifiad yn sôn am lety o’r fath, ac nid yw’n glir pwy sydd biau
steward-because-withheld_before = Cyfeiriad wedi’i ddal yn ôl: cafodd ei ddal yn ôl hyd yma, ac nid oes neb wedi dweud y caniateir ei ddangos
steward-feeds = Ffrydiau
steward-feeds-caption = Pob ffrwd a’i darlleniad diwethaf
steward-no-feeds = Nid oes ffrwd wedi’i darllen eto.
steward-last-read = Darllenwyd ddiwethaf
steward-never-read = Erioed
steward-result = Canlyniad
steward-run-failed = Ni ellid ei darllen. Mae’r copi da diwethaf yn aros
steward-run-done = { $read } wedi’u darllen: { $added } newydd, { $changed } wedi newid, { $unchanged } heb newid, { $quarantined } o’r neilltu
steward-would = Ni newidiwyd dim. Byddai: { $read } wedi’u darllen, { $added } newydd, { $changed } wedi newid, { $unchanged } heb newid, { $quarantined } o’r neilltu
steward-last-copy-stays = Ni chollwyd dim: mae gwasanaethau’r darlleniad da diwethaf yn aros. Gofynnwch i’r cyhoeddwr, yna rhowch gynnig arall arni.
steward-fading = Heb eu cadarnhau ers rhy hir
steward-fading-count = { $count ->
    [one] { $count } cofnod.
   *[other] { $count } o gofnodion.
}
steward-fading-caption = Y rhai a wnâi’r niwed mwyaf o fod yn anghywir sy’n dod gyntaf
steward-service = Gwasanaeth
steward-row-heading = Rhes a roddwyd o’r neilltu
steward-as-it-came = Y rhes fel y daeth
steward-decided = Penderfynwyd ar y rhes hon. Mae’r hyn oedd ynddi wedi mynd oddi yma; mae gan y ffrwd ef o hyd.
steward-decide-keep_apart = Cyhoeddi fel gwasanaeth ar wahân
steward-decide-without_address = Dal y cyfeiriad yn ôl
steward-decide-show_address = Dangos y cyfeiriad: nid oes neb sy’n ffoi yn byw yno
steward-decide-discard = Gwaredu
steward-said-decided = Penderfynwyd
steward-said-imported = Cymerwyd y ffeil drosodd
steward-said-changed = Newidiwyd
steward-problems = Beth oedd o’i le a beth a wnaed
steward-problems-table = Yr holl broblemau fel tabl
steward-field = Maes
steward-problem = Beth oedd o’i le
steward-did = Beth a wnaed
steward-feed-name = Enw’r ffrwd
steward-feed-name-hint = Yr un enw bob tro, er enghraifft: Bryste
steward-feed-needed = Rhowch enw’r ffrwd
steward-file = Ffeil, hyd at 64 MB
steward-file-needed = Dewiswch ffeil
steward-dry = Dweud yn unig beth fyddai’n newid
steward-unreadable = { $why } Ni newidiwyd dim.
steward-state = Cyflwr
steward-listed = Gellir dod o hyd iddo
steward-withdrawn = Wedi’i dynnu allan
steward-confirm = Cadarnhau bod y cyfan yn wir
steward-withdraw = Tynnu allan o’r cyfeiriadur
steward-list = Rhoi’n ôl yn y cyfeiriadur
steward-as-shown = Fel y mae pawb yn ei weld
steward-address = Ble mae atgyfeiriadau iddo’n mynd
steward-doubts = Pam y dywedodd gwasanaethau na
steward-doubts-words = Gall y cofnodion hyn fod yn anghywir, neu heb ddweud pwy mae’r gwasanaeth yn ei dderbyn. Gofynnwch i’r gwasanaeth neu’r ffynhonnell, a gofynnwch iddyn nhw ei gywiro yno.
steward-doubt = Wedi dweud na { $count ->
    [one] unwaith
   *[other] { $count } o weithiau
} rhwng { $first } a { $last }. Pam: { $why }
steward-doubt-put_right = Mae’r cofnod yn dweud hynny nawr
steward-doubt-left = Gadael fel y mae

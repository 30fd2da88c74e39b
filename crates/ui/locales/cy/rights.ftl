# Cadw, dangos a dileu cofnod: yr hyn y gall rhywun ofyn amdano, a’r hyn y mae’r gyfraith yn ei ofyn gennym ni.
keeping-heading = Am ba hyd y cedwir hyn
keeping-since = Ers
keeping-hold-heading = Ei gadw, beth bynnag arall a ofynnir
keeping-hold-what = Mae ataliad cyfreithiol yn atal y cofnod hwn rhag cael ei ddileu nes bod rhywun yn ei godi. Mae gosod a chodi un yn cael ei gofnodi.
keeping-hold-why = Pam mae’n rhaid ei gadw?
keeping-hold-reason = Dywedwch fwy: pa adolygiad, achos neu gŵyn
keeping-hold-set = Gosod yr ataliad
keeping-hold-lift = Codi’r ataliad
keeping-hold-said = Mae’r ataliad wedi’i osod. Ni ddileir dim o’r cofnod hwn nes iddo gael ei godi.
keeping-lift-said = Mae’r ataliad wedi’i godi.
keeping-erase-heading = Ei ddileu
keeping-erase-what = Mae popeth a gadwn am y person hwn yn cael ei ddinistrio, gyda’r allwedd sy’n ei agor. Ni ellir ei ddadwneud. Rhaid i swyddog diogelwch gytuno yn gyntaf.
keeping-erase-why = Pam mae’n cael ei ddileu?
keeping-erase-reason = Beth a ofynnwyd neu a benderfynwyd, heb enwau
keeping-erase-ask = Gofyn am ei ddileu
keeping-erase-waits = Gofynnwyd am ddileu’r cofnod hwn. Swyddog diogelwch sy’n penderfynu.
keeping-erase-take-back = Tynnu hyn yn ôl
keeping-erase-said = Gofynnwyd amdano. Swyddog diogelwch sy’n penderfynu.
keeping-take-back-said = Fe’i tynnwyd yn ôl. Ni ddilëwyd dim.
keeping-erase-not-yet = Ni ellir ei ddileu eto:
erase-stands-hold = mae ataliad cyfreithiol ar y cofnod
erase-stands-open_case = mae’r achos ar agor: caewch ef yn gyntaf, fel nad oes neb yn dibynnu arno
erase-stands-live_referral = mae gan wasanaeth gais o hyd

hold-kind-death_review = Adolygiad o farwolaeth
hold-kind-litigation = Achos llys, neu un i’w ddisgwyl
hold-kind-complaint = Cwyn sydd heb ei setlo
hold-kind-inquiry = Ymchwiliad neu ymchwiliad gan yr heddlu

erase-ground-asked_by_person = Gofynnon nhw, ac nid oes dim yn ein gorfodi i’w gadw
erase-ground-period_over = Mae ein cyfnod ar gyfer ei gadw ar ben
erase-ground-never_right = Ni ddylid bod wedi’i gadw erioed
erase-ground-put_back = Fe’i dilëwyd o’r blaen, ac roedd copi wrth gefn wedi dod ag ef yn ôl

erase-state-asked = Yn aros am benderfyniad
erase-state-refused = Gwrthodwyd neu tynnwyd yn ôl
erase-state-done = Dilëwyd

erasures-heading = Dileu cofnodion
erasures-what = Caiff cofnod ei ddileu pan fydd dau berson yn cytuno: mae pwy bynnag sy’n ateb dros y safle yn gofyn, a chi sy’n penderfynu. Rydych yn gweld pam, byth cofnod pwy ydyw.
erasures-caption = Ceisiadau, y diweddaraf yn gyntaf
erasures-asked = Gofynnwyd
erasures-decided = Penderfynwyd
erasures-stands = Sut mae’n sefyll
erasures-one-heading = Dileu cofnod
erasures-second-person = Chi ofynnodd am hyn. Rhaid i rywun arall benderfynu.
erasures-for-good = Ni ellir dadwneud hyn. Gwiriwch nad oes angen y cofnod hwn ar unrhyw adolygiad, achos llys na chwyn.
erasures-confirm = Ei ddileu am byth
erasures-refuse = Peidio â’i ddileu
erasures-confirmed-said = Mae wedi’i ddileu.
erasures-refused-said = Ni chafodd ei ddileu.
erasures-afterwards = Beth sydd ar ôl i’w wneud
erasures-purged = Trosysgrifwyd yr olion olaf ar ddisg ar { $when }.
erasures-not-purged = Caiff yr hyn sydd ar ôl mewn lle rhydd ar ddisg ei drosysgrifo yn yr awr dawel nesaf, rhwng dau a phump y nos. Mae “throughline shred” yn ei wneud ar unwaith.
erasures-backups = Gall pob copi wrth gefn o’r cyfnod cyn ei ddileu agor y cofnod o hyd. Rhaid i bob un fod wedi mynd erbyn { $day }. Y rhai y mae’r gwasanaeth hwn yn gwybod amdanynt:
erasures-tell = Anfonwyd rhywbeth at y sefydliadau hyn. Dywedwch wrth bob un iddo gael ei ddileu, heb ddweud mwy nag a wyddant (Erthygl 19 GDPR y DU):

look-case_erase = Edrychodd neu newidiodd am ba hyd y’i cedwir
look-erasure_decide = Edrychodd ar ddileu neu benderfynu arno
look-erased = Cafodd rhywun ei ddileu

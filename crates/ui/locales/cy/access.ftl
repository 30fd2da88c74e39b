# Mewngofnodi ac allgofnodi, y clo, pobl a mynediad, rhaglenni, cofnod mynediad. Drafft peiriant: i'w wirio gan siaradwr Cymraeg.
page-sign-in-title = Mewngofnodi
page-locked-title = Wedi’i gloi
page-step-up-title = Dangoswch mai chi sydd yno
page-welcome-title = Dewis cyfrinair
page-second-step-title = Ail gam

sign-in-heading = Mewngofnodi
sign-in-email = Cyfeiriad e-bost
sign-in-email-missing = Rhowch eich cyfeiriad e-bost
sign-in-password = Cyfrinair
sign-in-password-missing = Rhowch eich cyfrinair
sign-in-code = Cod o’ch ap
sign-in-code-hint = Chwe digid. Gadewch yn wag os nad ydych wedi gosod ap.
sign-in-code-missing = Rhowch eich cyfrinair eto, a’r cod o’ch ap
sign-in-button = Mewngofnodi
sign-in-refused = Ni allem eich mewngofnodi gyda hynny. Gwiriwch y cyfeiriad e-bost, y cyfrinair a’r cod
sign-in-slow = Bu gormod o geisiadau yma. Arhoswch tan { $time } a cheisiwch eto
sign-in-lost = Wedi colli eich cyfrinair? Gofynnwch i’r person sy’n rheoli mynediad yn eich gweithle. Gallant roi dolen i chi ddewis un newydd.
sign-in-demo-heading = Rhowch gynnig arni fel rhywun
sign-in-demo-what = Pobl ddychmygol yw’r rhain. Mae un clic yn eich mewngofnodi fel nhw.
sign-in-demo-caption = Pobl yn yr arddangosiad hwn
sign-in-demo-name = Enw
sign-in-demo-role = Rôl
sign-in-demo-organisation = Sefydliad
sign-in-demo-press = Mewngofnodi
sign-in-demo-as = Bod yn { $name }

locked-heading = Mae’r sgrin hon wedi’i chloi
locked-what = Ni chollwyd dim. Rhowch eich cyfrinair i barhau lle’r oeddech.
locked-password = Cyfrinair
locked-button = Datgloi
locked-sign-out = Allgofnodi
locked-refused = Nid dyna’r cyfrinair. Ceisiwch eto, neu allgofnodwch

step-up-heading = Dangoswch mai chi sydd yno
step-up-what = Mae’r hyn sy’n dod nesaf yn newid pwy all weld neu wneud pethau, felly gofynnwn am eich cyfrinair eto.
step-up-button = Parhau
step-up-refused = Ni allem gadarnhau mai chi sydd yno. Gwiriwch y cyfrinair a’r cod

welcome-heading = Dewis cyfrinair
welcome-password = Cyfrinair
welcome-password-hint = O leiaf { $count } nod. Mae tri neu bedwar gair y byddech chi yn unig yn eu rhoi gyda’i gilydd yn dda.
welcome-button = Cadw’r cyfrinair
welcome-done = Mae eich cyfrinair wedi’i gadw. Mewngofnodwch ag ef nawr.
welcome-over-heading = Nid yw’r ddolen hon yn gweithio mwyach
welcome-over-what = Efallai ei bod wedi’i defnyddio eisoes, neu ei bod yn rhy hen. Gofynnwch am un newydd i’r person a’i rhoddodd i chi.
password-too-short = Defnyddiwch o leiaf 12 nod
password-too-long = Defnyddiwch 256 nod neu lai
password-easy-to-guess = Mae hwnnw’n rhy hawdd ei ddyfalu. Dewiswch eiriau nad ydynt yn perthyn i’w gilydd

second-step-heading = Gosod ail gam
second-step-what = Gydag ail gam, nid yw eich cyfrinair yn unig yn ddigon i fewngofnodi fel chi.
second-step-type = Agorwch yr ap ar eich ffôn sy’n gwneud codau, ychwanegwch gyfrif, a theipiwch yr allwedd hon ynddo.
second-step-key = Allwedd
second-step-code-hint = Y chwe digid y mae’r ap yn eu dangos nawr.
second-step-button = Troi’r ail gam ymlaen
second-step-refused = Nid yw’r cod hwnnw’n gywir. Arhoswch am yr un nesaf a cheisiwch eto
second-step-done = Mae’r ail gam ymlaen. O hyn ymlaen bydd angen y cod o’ch ap i fewngofnodi.

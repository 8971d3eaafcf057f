package httpapi

// trackWords are the tracking page's words, keyed by status, by "did_" and
// action, and by place on the page. Urdu and Pashto await a native reader.
func trackWords(lang string) map[string]string {
	switch lang {
	case "ur":
		return map[string]string{
			"title": "آپ کی شکایت", "code": "کوڈ", "with": "کس کے پاس", "filed": "درج ہوئی", "due": "اس تاریخ تک حل ہونی چاہیے", "so_far": "اب تک کیا ہوا",
			"unknown": "یہ کوڈ یا کاغذ پہچانا نہیں گیا۔ رسید کا QR دوبارہ پڑھیں۔", "limited": "بہت زیادہ کوششیں ہوئیں۔ ایک گھنٹے بعد دوبارہ دیکھیں۔", "later": "ابھی جواب نہیں ملا۔ تھوڑی دیر بعد دوبارہ دیکھیں۔",
			"new": "موصول ہو گئی", "acknowledged": "کارروائی جاری", "assigned": "کارروائی جاری", "waiting_citizen": "آپ کا جواب چاہیے", "proposed": "دفتر کے مطابق حل", "closed_confirmed": "حل، آپ نے مانا", "closed_silent": "بند، جواب نہیں آیا", "invalid": "قبول نہیں ہوئی", "withdrawn": "واپس لی گئی",
			"did_lodge": "شکایت موصول ہوئی", "did_acknowledge": "دفتر نے دیکھ لی", "did_assign": "افسر کے سپرد ہوئی", "did_transfer": "دوسرے دفتر کو منتقل ہوئی", "did_ask": "دفتر نے سوال پوچھا", "did_answer": "آپ نے جواب دیا", "did_propose": "دفتر نے کہا کہ حل ہو گئی", "did_confirm": "آپ نے مانا کہ حل ہو گئی", "did_reject": "آپ نے کہا کہ حل نہیں ہوئی", "did_silence": "جواب نہ آنے پر بند ہوئی", "did_invalidate": "قبول نہیں ہوئی", "did_reopen": "دوبارہ کھلی", "did_appeal": "اپیل ہوئی", "did_withdraw": "واپس لی گئی", "did_escalate": "وقت پورا ہونے پر اعلیٰ دفتر کو گئی",
		}
	case "ps":
		return map[string]string{
			"title": "ستاسو شکایت", "code": "کوډ", "with": "له چا سره دی", "filed": "ثبت شو", "due": "تر دې نېټې باید حل شي", "so_far": "تر اوسه څه وشول",
			"unknown": "دا کوډ یا کاغذ ونه پېژندل شو. د رسید QR بیا ولولئ.", "limited": "ډېرې هڅې وشوې. یو ساعت وروسته بیا وګورئ.", "later": "اوس ځواب رانغی. لږ وروسته بیا وګورئ.",
			"new": "ترلاسه شو", "acknowledged": "کار روان دی", "assigned": "کار روان دی", "waiting_citizen": "ستاسو ځواب پکار دی", "proposed": "دفتر وايي حل شو", "closed_confirmed": "حل شو، تاسو ومنله", "closed_silent": "بند، ځواب رانغی", "invalid": "ونه منل شو", "withdrawn": "بېرته واخیستل شو",
			"did_lodge": "شکایت ترلاسه شو", "did_acknowledge": "دفتر ولید", "did_assign": "افسر ته وسپارل شو", "did_transfer": "بل دفتر ته ولېږل شو", "did_ask": "دفتر پوښتنه وکړه", "did_answer": "تاسو ځواب ورکړ", "did_propose": "دفتر وويل چې حل شو", "did_confirm": "تاسو ومنله چې حل شو", "did_reject": "تاسو وويل چې نه دی حل شوی", "did_silence": "ځواب رانغی، وتړل شو", "did_invalidate": "ونه منل شو", "did_reopen": "بیا پرانیستل شو", "did_appeal": "اپیل وشو", "did_withdraw": "بېرته واخیستل شو", "did_escalate": "وخت پوره شو، لوړ دفتر ته ولاړ",
		}
	}
	return map[string]string{
		"title": "Your complaint", "code": "Code", "with": "With", "filed": "Filed", "due": "Should be solved by", "so_far": "So far",
		"unknown": "This code or paper is not known. Read the QR code of the receipt again.", "limited": "Too many tries. Look again in an hour.", "later": "There is no answer now. Look again in a little while.",
		"new": "Received", "acknowledged": "In progress", "assigned": "In progress", "waiting_citizen": "Needs your answer", "proposed": "Office says solved", "closed_confirmed": "Solved, you agreed", "closed_silent": "Closed, no reply", "invalid": "Not accepted", "withdrawn": "Withdrawn",
		"did_lodge": "Complaint received", "did_acknowledge": "The office has seen it", "did_assign": "Given to an officer", "did_transfer": "Moved to another office", "did_ask": "The office asked a question", "did_answer": "You answered", "did_propose": "The office says it is solved", "did_confirm": "You agreed that it is solved", "did_reject": "You said that it is not solved", "did_silence": "Closed because no answer came", "did_invalidate": "Not accepted", "did_reopen": "Opened again", "did_appeal": "Appealed", "did_withdraw": "Withdrawn", "did_escalate": "Sent higher because time ran out",
	}
}

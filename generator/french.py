"""Invented French sentences. No person, shop or brand in them is real."""

from generator.language import Language, Topic

FRENCH = Language(
    openings=("Bonjour, ", "Bonjour ! ", "", "Bonsoir, ", "Salut 👋 ", "Une question : "),
    shopping=(
        Topic(
            "product_recommendation",
            ("conseil", "salon", "décoration"),
            (
                "je cherche quelque chose de chaleureux pour un petit salon.",
                "que mettre à côté d'un canapé gris ?",
                "quelle lampe donne une lumière douce ?",
                "avez-vous une idée pour égayer une entrée ?",
            ),
            (
                "Voici ce qui conviendrait ; le premier est le plus aimé ce mois-ci.",
                "Ceux-ci vont bien dans une petite pièce et partent sous deux jours.",
                "Je commencerais par ceux-là. Le deuxième existe en trois couleurs.",
            ),
        ),
        Topic(
            "product_search",
            ("recherche", "disponibilité"),
            (
                "avez-vous encore les coussins en lin vert ?",
                "je ne trouve plus la grande étagère en chêne.",
                "y a-t-il une couverture en laine lavable en machine ?",
            ),
            (
                "Je les ai trouvés ; le stock est mis à jour toutes les heures.",
                "C'est ce qui s'en approche le plus, et il en reste.",
                "Oui, le voici. Souhaitez-vous trier par prix ?",
            ),
        ),
    ),
    service=(
        Topic(
            "order_status",
            ("livraison", "suivi"),
            (
                "où est mon colis ?",
                "le suivi n'a pas bougé depuis lundi.",
                "quand ma commande arrive-t-elle ?",
            ),
            (
                "Votre colis a quitté l'entrepôt et arrive sous deux jours ouvrés.",
                "J'ai vérifié : le transporteur l'a bien reçu.",
                "Il est en route. Vous recevrez un message le matin de la livraison.",
            ),
        ),
        Topic(
            "returns_and_exchanges",
            ("retour", "échange"),
            (
                "la couleur ne me plaît pas, comment la renvoyer ?",
                "puis-je l'échanger contre une plus grande ?",
                "un des bols est arrivé fêlé.",
            ),
            (
                "Vous avez 30 jours. L'étiquette est dans votre boîte de réception.",
                "Bien sûr, la plus grande est réservée pour vous.",
                "J'en suis désolé. Un bol neuf part aujourd'hui.",
            ),
        ),
        Topic(
            "account_change",
            ("compte", "adresse"),
            ("j'ai déménagé, comment changer mon adresse ?", "je ne reçois pas le lien du mot de passe."),
            ("Vous la trouvez sous Compte, puis Adresses.", "Je l'ai renvoyé ; regardez aussi les indésirables."),
        ),
    ),
    details=(
        "C'est pour une pièce de 15 m².",
        "Je l'ai commandé la semaine dernière.",
        "Le numéro est dans l'e-mail.",
        "Nous avons deux chats, donc rien de fragile.",
        "Mon budget est d'environ 80 €.",
        "Il me le faudrait avant vendredi.",
        "Ce n'est pas pressé.",
        "Un lien me suffirait.",
        "Merci d'avance !",
    ),
    courtesies=(
        "Puis-je faire autre chose pour vous ?",
        "Dites-moi si cela vous aide.",
        "Je reste à votre disposition.",
        "Bonne journée !",
    ),
    human_replies=(
        "Bonjour, je prends le relais et je regarde cela tout de suite.",
        "Désolée pour ce désagrément. J'ai écrit au transporteur.",
    ),
    resolved_words=("resolved",) * 5 + ("résolu", "Résolue"),
    escalated_words=("escalated",) * 5 + ("transféré", "escaladée"),
)
